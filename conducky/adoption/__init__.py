"""`conducky adopt`: what a person's source says about its two applications, as settings of `services`.

Everything is read as text; nothing of the source is executed.
"""

from conducky.adoption.check import problems_in
from conducky.adoption.command import Options, adopt

__all__ = ["Options", "adopt", "problems_in"]
