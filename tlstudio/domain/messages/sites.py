"""Words about the topic "sites": holding a site out."""

MESSAGES: dict[str, str] = {
    "site.text": "{text} names no site; write tag:NAME, group:PATTERN (of the groups' names) or"
    " folder:NAME",
    "site.unknown": "no image is of the site {site}; known here: {known}",
    "site.unlabelled": "no image of the site {site} has a label; label some first, as figures"
    " compare with the truth",
    "site.all": "all labelled images are of the site {site} or share a group or pixels with it, so"
    " that nothing is left to learn from; bring in images of another site",
    "site.test_share": "with a site held out its images are the test, all of them and no others;"
    " leave out the share of the test",
    "site.by": "with a site held out, groups stay whole; leave out the choice to divide by {by}",
    "site.back": "{count} {count:image that was in the test before is|images that were in the test"
    " before are} not of the site; {count:it was put into training or validation|they were divided"
    " between training and validation}",
    "site.beside": "{count} {count:image shares|images share} a group or pixels with images of the"
    " site, or {count:was|were} made here from them; {count:it is|they are} in no split, since in"
    " training {count:it|they} would be seen and in the test {count:it is|they are} of another"
    " site",
    # trying a setting on a held-out site
    "site.check_seeds": "between 1 and 20 pairs of runs can be trained, not {seeds}",
    "site.check_seed": "both runs of a pair have the same seed; choose how many pairs there are"
    " with --seeds, and the first seed with --seed",
    "site.check_nothing": "both runs would have the same settings; name one to try with --set",
    "site.check_seen": "{weights} has learned from {count} {count:image|images} of the site"
    " {site}, so that no run that starts from it could be judged there; start from other weights",
    "site.check_stopped": "{run} was ended before its time, so that no fair comparison can be made"
    " with it; what was trained is kept: {runs}",
    "site.check.helped": "it helped on this site with every one of {pairs} seeds: {mean} on average"
    " ({least} to {most}), clearly in {better}",
    "site.check.hurt": "it did harm on this site with every one of {pairs} seeds: {mean} on average"
    " ({least} to {most}), clearly in {worse}",
    "site.check.mixed": "{pairs} seeds do not agree on whether it helps on this site: {mean} on"
    " average ({least} to {most}), clearly better in {better}, clearly worse in {worse}",
}
