"""Every shape and transform there is, for Hypothesis to choose from."""

from hypothesis import strategies as st

from wetplate.derivatives import transform
from wetplate.derivatives.transform import MIDDLE, Shape, Transform

FOCI = st.tuples(st.sampled_from(transform.FOCI), st.sampled_from(transform.FOCI))


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    fit = draw(st.sampled_from(transform.FITS))
    return Shape(
        draw(st.sampled_from(transform.WIDTHS)),
        fit=fit,
        ratio=None if fit == "inside" else draw(st.sampled_from(transform.RATIOS)),
        focus=draw(FOCI) if fit == "crop" else MIDDLE,
        quality=draw(st.sampled_from(transform.QUALITIES)),
    )


def transforms() -> st.SearchStrategy[Transform]:
    return st.builds(lambda shape, format: shape.to(format), shapes(), st.sampled_from(transform.FORMATS))
