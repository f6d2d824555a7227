"""Rows of the note client."""

from __future__ import annotations

from polyfactory import Use

from app_schema.mued.factories.base import RowFactory, of_owner, unique
from app_schema.mued.factories.core import UserFactory
from app_schema.mued.models import (
    Fragment,
    FragmentProcessing,
    FragmentRelationship,
    FragmentTag,
    Project,
    Tag,
    UserPreferences,
)


class ProjectFactory(RowFactory[Project]):
    """A folder."""

    user = UserFactory


class FragmentFactory(RowFactory[Fragment]):
    """A note in no folder."""

    user = UserFactory


class FragmentProcessingFactory(RowFactory[FragmentProcessing]):
    """A successful step."""

    fragment = FragmentFactory
    processing_type = "summary"
    success = True


class TagFactory(RowFactory[Tag]):
    """A label."""

    user = UserFactory
    name = Use(unique, "tag")


class FragmentTagFactory(RowFactory[FragmentTag]):
    """A label on a note of its owner."""

    fragment = FragmentFactory
    tag = of_owner(TagFactory, "fragment")


class FragmentRelationshipFactory(RowFactory[FragmentRelationship]):
    """A link between two notes of one owner."""

    source_fragment = FragmentFactory
    target_fragment = of_owner(FragmentFactory, "source_fragment")
    relationship_type = "references"


class UserPreferencesFactory(RowFactory[UserPreferences]):
    """The settings that everybody has at first."""

    user = UserFactory
