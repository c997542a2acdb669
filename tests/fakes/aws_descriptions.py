"""botocore's descriptions of AWS's services, read once in each test process: a session of its own reads them again.

They are a third of what a test with a fake AWS takes. Importing this module is all that is needed.
"""

import functools

import botocore.session
from botocore.loaders import create_loader

botocore.session.create_loader = functools.cache(create_loader)
