"""The base closes two traps of declarative: misspelt settings, and table arguments that replace others."""

import gc
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Integer, MetaData
from sqlalchemy.orm import Mapped, mapped_column

from app_schema.application import find
from app_schema.ddl import DDLObject, Trigger, declared
from app_schema.errors import ModelError
from app_schema.mued.application import APPLICATION
from app_schema.mued.models.base import Base, Touched

MAPPERS = list(Base.registry.mappers)


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("__tableargs__", "__table_args__"),
        ("__table_name__", "__tablename__"),
        ("__mapperargs__", "__mapper_args__"),
    ],
)
def test_a_misspelt_setting_is_refused(misspelt: str, meant: str) -> None:
    with pytest.raises(ModelError, match=rf"\.Wrong\.{misspelt} would be ignored: write {meant}"):
        type("Wrong", (Base,), {"__tablename__": "wrong", misspelt: ()})
    mixin = type("Mixin", (), {misspelt: ()})
    with pytest.raises(ModelError, match=rf"\.Mixin\.{misspelt} would be ignored: write {meant}"):
        type("Right", (mixin, Base), {"__tablename__": "right"})


@pytest.fixture
def _forgotten() -> Iterator[None]:
    """Models that the test maps are not among the models of later tests."""
    yield
    gc.collect()
    assert {mapper.class_ for mapper in Base.registry.mappers} == {mapper.class_ for mapper in MAPPERS}


@pytest.mark.usefixtures("_forgotten")
def test_special_methods_are_no_settings() -> None:
    class Spoken(Elsewhere):
        __tablename__ = "spoken"
        __slots__ = ()

        id: Mapped[int] = mapped_column(primary_key=True)

        def __str__(self) -> str:
            return "spoken"

        def __len__(self) -> int:
            return 1

    class Louder(Spoken):
        """Shares the table of its parent, whose mapper has left its own dunders in it."""

    assert str(Louder()) == "spoken"


@pytest.mark.usefixtures("_forgotten")
def test_what_python_314_sets_in_a_class_is_no_setting() -> None:
    implicit: dict[str, Any] = {"__annotations_cache__": {}, "__conditional_annotations__": set()}
    parts = {"__tablename__": "late", "id": mapped_column(Integer, primary_key=True), **implicit}
    assert type("Late", (Elsewhere,), parts).__name__ == "Late"


class Elsewhere(Base):
    """Models of these tests, in a metadata of their own; the registry is that of all models."""

    __abstract__ = True
    metadata = MetaData(schema="elsewhere")


class Counted:
    """A mixin whose table arguments are options only."""

    __table_args__: Any = {"comment": "from the mixin", "prefixes": ["UNLOGGED"]}  # noqa: RUF012 - as declarative has it


@pytest.mark.usefixtures("_forgotten")
def test_table_args_of_mixins_and_model_are_joined() -> None:
    class Joined(Touched, Counted, Elsewhere):
        __tablename__ = "joined"
        __table_args__ = (
            CheckConstraint("id > 0", name="positive"),
            Trigger("tr_own", after="INSERT", execute="app.own()"),
            {"comment": "from the model"},
        )

        id: Mapped[int] = mapped_column(primary_key=True)

    made: Any = Joined.__table__
    attached: Iterable[DDLObject] = declared(Elsewhere.metadata).values()
    assert [(other.table, other.name) for other in attached] == [
        ("joined", "tr_own"),
        ("joined", "tr_joined_touch"),
    ]
    assert [
        constraint.name for constraint in made.constraints if isinstance(constraint, CheckConstraint)
    ] == ["positive"]
    assert (made.comment, made._prefixes) == ("from the model", ["UNLOGGED"])


def test_mued_is_the_default_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find() is APPLICATION
    assert find("app_schema.mued.application:APPLICATION") is APPLICATION
