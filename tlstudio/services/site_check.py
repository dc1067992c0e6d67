"""Does a setting help on a site that was never learned from? Pairs of runs that differ in it alone.

    check = SiteCheck("tag:site B", TrainRequest("resnet18"), {"look_augmentation": "colour"})
    check = checked(project, check)       # before anything is changed
    hold_out_site(project, check.site)
    for first, second in check.requests():  # to be trained, then compared
        ...
    told = summed(comparisons)

The interval of one comparison is about the images, not about the chances of training, so several
pairs with other seeds tell more than one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.notices import Notice
from tlstudio.services._lineage import learned_before
from tlstudio.services._training_plan import check as check_request
from tlstudio.services.comparing import RunComparison
from tlstudio.services.sites import site_images
from tlstudio.services.training import TrainRequest, training_plan

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

USUAL = {"look_augmentation": "colour"}
"""What is tried where nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class SiteCheck:
    """`request` is trained as it is and with `tried` on top of its settings, for `seeds` seeds
    from its own one on."""

    site: str
    request: TrainRequest
    tried: Mapping[str, object] = field(default_factory=lambda: dict(USUAL))
    seeds: int = 1

    def requests(self) -> Iterator[tuple[TrainRequest, TrainRequest]]:
        """The pairs: without what is tried, and with it."""
        first = int(str(self.request.settings.get("seed", 0)))
        for seed in range(first, first + self.seeds):
            without = replace(self.request, settings={**self.request.settings, "seed": seed})
            yield without, replace(without, settings={**without.settings, **self.tried})


def checked(project: Project, check: SiteCheck) -> SiteCheck:
    """Refuse what could not be trained or judged, before images are divided anew; the check with
    its weights named so that all runs start from the same.

    Raises UserError: site.check_seeds, site.check_nothing, site.check_seed, site.check_seen, and
    what `training_plan` raises.
    """
    if not 1 <= check.seeds <= 20:
        raise UserError("site.check_seeds", seeds=check.seeds)
    if "seed" in check.tried:
        raise UserError("site.check_seed")
    if all(check.request.settings.get(n) == value for n, value in check.tried.items()):
        raise UserError("site.check_nothing")
    start = check_request(project, check.request)
    check = replace(check, request=replace(check.request, weights=start.starts_from))
    for request in next(iter(check.requests())):
        training_plan(project, request)
    site = site_images(project, check.site)
    seen = sum(row["image"] in site for row in learned_before(project, start.starts_from).rows)
    if seen:
        raise UserError("site.check_seen", weights=start.starts_from, count=seen, site=check.site)
    return check


@dataclass(frozen=True, slots=True)
class Summed:
    """Several pairs together: `gains` are the differences of the headline, second less first,
    None where one could not be computed; in `better` and `worse` of them it is clear which way."""

    headline: str
    gains: tuple[float | None, ...]
    better: int
    worse: int
    answer: Notice

    def to_json(self) -> dict[str, Any]:
        """headline, gains, mean, clearly_better, clearly_worse, answer."""
        known = [gain for gain in self.gains if gain is not None]
        return {
            "headline": self.headline,
            "gains": list(self.gains),
            "mean": sum(known) / len(known) if known else None,
            "clearly_better": self.better,
            "clearly_worse": self.worse,
            "answer": self.answer.to_json(),
        }


def summed(found: Sequence[RunComparison]) -> Summed:
    """What the comparisons, at least one, come to."""
    headline = found[0].headline
    rows = [each.overall[headline] for each in found]
    gains = tuple(row["difference"] for row in rows)
    better = sum(row["better"] == "second" for row in rows)
    worse = sum(row["better"] == "first" for row in rows)
    return Summed(headline, gains, better, worse, _answer(found, gains, better, worse))


def _answer(
    found: Sequence[RunComparison], gains: Sequence[float | None], better: int, worse: int
) -> Notice:
    known = [gain for gain in gains if gain is not None]
    if len(found) == 1 or not known:
        return found[0].answer
    facts: dict[str, object] = {
        "pairs": len(found),
        "mean": f"{sum(known) / len(known):+.2f}",
        "least": f"{min(known):+.2f}",
        "most": f"{max(known):+.2f}",
        "better": better,
        "worse": worse,
    }
    if better and not worse and min(known) > 0:
        return Notice("site.check.helped", facts)
    if worse and not better and max(known) < 0:
        return Notice("site.check.hurt", facts)
    return Notice("site.check.mixed", facts)
