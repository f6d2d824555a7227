"""The models: the import path of applications. :mod:`app_schema.mued.models` declares them."""

from app_schema.mued.models import *  # noqa: F403
from app_schema.mued.models import __all__ as __all__
