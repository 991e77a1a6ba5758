"""The masker: finds personal values and puts type tokens in their place. Free of torch and pandas.

    masker = Masker.from_params(params.cleaning.masking, params.project.language)
    masker.mask(["Mail bob@example.com"])  # ["Mail [EMAIL]"]

`mask_stream` masks any number of texts, in several processes or on a cluster, and vouches for each or says
why not; `mask_all` is the same for a list.
"""

from stages.clean.masking.marks import MARK
from stages.clean.masking.masker import Masker
from stages.clean.masking.pool import Masked, mask_all, mask_stream
from stages.clean.masking.spans import TOKEN, TYPES, Span, token

__all__ = ["MARK", "TOKEN", "TYPES", "Masked", "Masker", "Span", "mask_all", "mask_stream", "token"]
