"""Why training refuses: one named error per kind of bad input."""

from __future__ import annotations

from wetplate.errors import WetplateError


class TrainingRefused(WetplateError):
    """Root of the refusals of this stage."""


class MissingOriginals(TrainingRefused):
    """The folder of originals, its index or a file that it lists is not there."""


class SizeMismatch(TrainingRefused):
    """Pictures or masks do not have the size that they should have."""


class UnknownWord(TrainingRefused):
    """A prompt has a word that the family's vocabulary does not hold as one token."""


class UnfitHoldout(TrainingRefused):
    """Holding these variants out would leave an attribute value unseen."""


class UnfitSettings(TrainingRefused):
    """The hyperparameters do not describe a training."""


class ForeignCheckpoint(TrainingRefused):
    """A checkpoint belongs to another architecture or other settings."""
