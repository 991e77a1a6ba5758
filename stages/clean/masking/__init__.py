"""The masker: finds personal values and puts type tokens in their place. Free of torch and pandas.

    masker = Masker.from_params(params.clean.masking, params.project.language)
    masker.mask(["Mail bob@example.com"])  # ["Mail [EMAIL]"]

`mask_all` masks many texts in several processes and vouches for each or says why not.
"""

from stages.clean.masking.masker import Masker
from stages.clean.masking.pool import Masked, mask_all
from stages.clean.masking.spans import TOKEN, TYPES, Span, token

__all__ = ["TOKEN", "TYPES", "Masked", "Masker", "Span", "mask_all", "token"]
