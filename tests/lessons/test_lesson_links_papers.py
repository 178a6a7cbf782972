"""Links and papers."""

import pytest

from explainer.core.problem import ExplainerError
from explainer.lessons.links import parse_try, scheme, target
from explainer.lessons.papers import parse_papers

BIB = """
@comment{this, a = {b}}
% a line that is none
@article{bolme2010,
  author = {Bolme, David S. and J. Ross Beveridge and Draper, Bruce A.},
  title = {Visual {MOSSE} tracking},
  journal = "CVPR {2010}", year = 2010,
  doi = {10.1/x},
}
@book{one2016, author={Ian One}, title={Deep}, publisher={MIT Press}, year={2016}, url={https://a.org}}
@misc{tan2019, author={Tan, M. and Le, Q.}, title={T}, howpublished={arXiv:1}, year={2019}}
"""


def test_try_links_are_read():
    assert parse_try("try:radius=9") == {"radius": "9"}
    assert parse_try("try:box=0.1,0.2,0.4,0.5&text=a%20%26%20c%3Dd%25&x=-1e-3") == {
        "box": "0.1,0.2,0.4,0.5", "text": "a & c=d%", "x": "-1e-3",
    }  # fmt: skip


@pytest.mark.parametrize(
    "href", ["demo:x", "try:", "try:radius", "try:=9", "try:radius=", "try:a=1&&b=2", "try:a=1&a=2"]
)
def test_other_try_links_are_refused(href):
    with pytest.raises(ValueError, match="try"):
        parse_try(href)


def test_parts_of_a_link():
    assert (scheme("lesson:a-b"), target("lesson:a-b")) == ("lesson", "a-b")
    assert scheme("plain") == ""
    assert target("try:a=b:c") == "a=b:c"


def test_entries_are_read():
    papers = parse_papers(BIB)
    assert list(papers) == ["bolme2010", "one2016", "tan2019"]
    first = papers["bolme2010"]
    assert first.authors == ("Bolme, David S.", "Beveridge, J. Ross", "Draper, Bruce A.")
    assert (first.title, first.venue, first.year) == ("Visual MOSSE tracking", "CVPR 2010", 2010)


def test_citations_by_number_of_authors():
    papers = parse_papers(BIB)
    assert [p.cite for p in papers.values()] == ["Bolme et al. 2010", "One 2016", "Tan and Le 2019"]


def test_links_prefer_the_doi():
    papers = parse_papers(BIB)
    assert [p.link for p in papers.values()] == ["https://doi.org/10.1/x", "https://a.org", ""]


def test_the_full_line():
    line = parse_papers(BIB)["bolme2010"].reference
    assert line == (
        "Bolme, David S.; Beveridge, J. Ross; Draper, Bruce A. (2010). Visual MOSSE tracking. CVPR 2010. doi:10.1/x"
    )


def test_many_authors_are_cut():
    names = " and ".join(f"N{i}, A." for i in range(9))
    paper = parse_papers(f"@misc{{x, author={{{names}}}, title={{T}}, year={{2020}}, journal={{J}}}}")["x"]
    assert paper.reference.startswith("N0, A.; N1, A.; N2, A.; N3, A.; N4, A.; N5, A. et al. (2020)")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("@misc{x, author={A}, year={2020}, journal={J}}", "x lacks title"),
        ("@misc{x, author={A}, title={T}, year={soon}, journal={J}}", "x lacks a year"),
        ("@misc{x, author={A}, title={T}, year={2020}}", "x lacks venue"),
        ("@misc{x, author={A", "x is not closed"),
        ('@misc{x, author="A', "x has an open quote"),
        ("@misc{x, author={A} title}", "x is not closed or has a line"),
        ("@misc{x, author={A}, title={T}, year={1}, journal={J}}\n" * 2, "x comes twice"),
    ],
)
def test_says_which_paper_is_wrong(text, says):
    with pytest.raises(ExplainerError, match=says):
        parse_papers(text)
