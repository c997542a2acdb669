"""Which images of a repository are there: what was pushed, less what its lifecycle policy has expired.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html (evaluation rules)
"""

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from conducky.catalog import lookups
from conducky.catalog.property_bag import Properties, bag, bags, texts
from conducky.rehearsal.account import Account, ResourceFailedError
from conducky.rehearsal.wildcards import matches_wildcards

_SECONDS = {"days": 86400.0, "hours": 3600.0}
_TOKEN = "aws:ecr/getAuthorizationToken:getAuthorizationToken"  # noqa: S105  # the name of a question
_TOKEN_SECONDS = 12 * 3600.0  # https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html


@dataclass
class PushedImage:
    """An image in ECR; `pushed` is seconds since the epoch, and `number` counts the pushes."""

    digest: str
    tags: set[str]
    pushed: float
    number: int


@dataclass
class Registry:
    """The images of every repository by the repository's URL. `clock` gives seconds since the epoch.

    `tokens` are those with which one may push and pull, each with the time of its issue.
    """

    account: Account
    clock: Callable[[], float] = time.time
    tokens: dict[str, float] = field(default_factory=dict[str, float])
    _pushes: "itertools.count[int]" = field(default_factory=itertools.count)
    _images: dict[str, list[PushedImage]] = field(default_factory=dict[str, list[PushedImage]])
    _gone: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sign_in(self, arguments: Properties) -> Properties:
        """A new token, as docker-build gets it from the program."""
        with self._lock:
            token = f"{lookups.REGISTRY_TOKEN}{len(self.tokens)}"
            self.tokens[token] = self.clock()
        answer = lookups.answer(_TOKEN, arguments, self.account.place) or {}
        return {**answer, "password": token, "authorizationToken": token}

    def is_signed_in(self, image: Properties) -> bool:
        """Whether the token of an image's registry, as the program gave it or the state keeps it, is still good."""
        tokens = [str(registry.get("password")) for registry in bags(image, "registries")]
        return all(self.clock() - self.tokens.get(token, self.clock()) < _TOKEN_SECONDS for token in tokens)

    def push(self, repository: str, digest: str, tags: Iterable[str]) -> None:
        """Add an image or tags to one; a tag moves. Raises ResourceFailedError when an immutable tag is there."""
        found = self.account.find("aws:ecr/repository:Repository", repositoryUrl=repository) or {}
        here = {tag for image in self.images(repository) for tag in image.tags}
        if found.get("imageTagMutability") == "IMMUTABLE" and (moved := sorted(here & {*tags})):
            raise ResourceFailedError(
                f"tag invalid: The image tag '{moved[0]}' already exists in the '{found['name']}' repository and "
                "cannot be overwritten because the tag is immutable."
            )
        with self._lock:
            images = self._images.setdefault(repository, [])
            for image in images:
                image.tags -= {*tags}
            known = next((image for image in images if image.digest == digest), None)
            if known is None:
                known = PushedImage(digest, set(), self.clock(), next(self._pushes))
                images.append(known)
            known.tags |= {*tags}
            self._gone.discard((repository, digest))

    def images(self, repository: str) -> list[PushedImage]:
        """What is there. AWS may take a day to expire an image; here the policy holds at once."""
        with self._lock:
            found = self.account.find("aws:ecr/repository:Repository", repositoryUrl=repository) or {}
            policy = self.account.find("aws:ecr/lifecyclePolicy:LifecyclePolicy", repository=found.get("name"))
            images = self._images.setdefault(repository, [])
            gone = expired(images, json.loads(str(policy["policy"])), self.clock()) if policy else set[str]()
            images[:] = [image for image in images if image.digest not in gone]
            self._gone |= {(repository, each) for each in gone}
            return list(images)

    def delete(self, repository: str, digest: str) -> None:
        """Delete an image, as an admin may."""
        with self._lock:
            images = self._images.setdefault(repository, [])
            images[:] = [image for image in images if image.digest != digest]
            self._gone.add((repository, digest))

    def listed(self, arguments: Properties) -> Properties:
        """What ECR lists of a repository, by its name: each tag with its digest, and digests without a tag."""
        name = str(arguments["repositoryName"])
        known = self.account.find("aws:ecr/repository:Repository", name=name) or {}
        images = self.images(str(known.get("repositoryUrl")))
        tagged = [{"imageTag": tag, "imageDigest": each.digest} for each in images for tag in sorted(each.tags)]
        bare = [{"imageDigest": each.digest} for each in images if not each.tags]
        return {"imageIds": [*tagged, *bare], "region": self.account.place.region}

    def is_gone(self, repository: str, digest: str) -> bool:
        """Whether the policy has expired the image, or somebody has deleted it."""
        self.images(repository)
        return (repository, digest) in self._gone


def expired(images: Iterable[PushedImage], policy: Properties, now: float) -> set[str]:
    """The digests that a policy expires: each image is judged by the first rule, in order of priority, that selects it.

    A rule counts all images that it selects, also those that an earlier one has marked.
    """
    newest_first = sorted(images, key=lambda image: -image.number)
    gone: set[str] = set()
    taken: set[str] = set()
    for rule in sorted(bags(policy, "rules"), key=lambda each: int(each["rulePriority"])):
        selection = bag(rule, "selection")
        chosen = [image for image in newest_first if _selects(selection, image)]
        number = int(selection["countNumber"])
        if selection["countType"] == "imageCountMoreThan":
            over = chosen[number:]
        else:  # sinceImagePushed
            limit = number * _SECONDS[str(selection.get("countUnit", "days"))]
            over = [image for image in chosen if now - image.pushed > limit]
        gone |= {image.digest for image in over if image.digest not in taken}
        taken |= {image.digest for image in chosen}
    return gone


def _selects(selection: Properties, image: PushedImage) -> bool:
    """Every prefix or pattern of a rule must match one of the image's tags."""
    status = selection.get("tagStatus", "any")
    if status == "untagged" or not image.tags:
        return status != "tagged" and (status == "any" or not image.tags)
    prefixes = [f"{prefix}*" for prefix in texts(selection, "tagPrefixList")]
    patterns = prefixes + texts(selection, "tagPatternList")
    return status == "any" or all(any(matches_wildcards(each, tag) for tag in image.tags) for each in patterns)
