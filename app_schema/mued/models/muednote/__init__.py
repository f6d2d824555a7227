"""The note client: everything in schema ``muednote_v3``."""

from app_schema.mued.models.muednote.fragment import Fragment, FragmentProcessing, FragmentRelationship
from app_schema.mued.models.muednote.preferences import UserPreferences
from app_schema.mued.models.muednote.project import Project
from app_schema.mued.models.muednote.tag import FragmentTag, Tag

__all__ = [
    "Fragment",
    "FragmentProcessing",
    "FragmentRelationship",
    "FragmentTag",
    "Project",
    "Tag",
    "UserPreferences",
]
