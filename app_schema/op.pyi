"""Made from the kinds by `make stubs`; a test keeps it fresh."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alembic.op import *

def create_aggregate(
    name: str,
    arguments: str,
    *,
    sfunc: str,
    stype: str,
    finalfunc: str | None = ...,
    combinefunc: str | None = ...,
    initcond: str | None = ...,
    parallel: str = ...,
    variadic: bool = ...,
    names: Iterable[str] = ...,
    schema: str | None = ...,
) -> None:
    """``CREATE AGGREGATE schema.name(arguments) (SFUNC = …, STYPE = …)``."""

def drop_aggregate(
    name: str,
    arguments: str,
    *,
    sfunc: str = ...,
    stype: str = ...,
    finalfunc: str | None = ...,
    combinefunc: str | None = ...,
    initcond: str | None = ...,
    parallel: str = ...,
    variadic: bool = ...,
    names: Iterable[str] = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_aggregate(
    name: str,
    arguments: str,
    *,
    sfunc: str,
    stype: str,
    finalfunc: str | None = ...,
    combinefunc: str | None = ...,
    initcond: str | None = ...,
    parallel: str = ...,
    variadic: bool = ...,
    names: Iterable[str] = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_cast(name: str, definition: str, *, schema: str | None = ...) -> None:
    """``CREATE CAST (name) definition``, both as PostgreSQL prints them."""

def drop_cast(
    name: str, definition: str = ..., *, schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_cast(
    name: str, definition: str, *, schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_collation(name: str, definition: str, *, schema: str | None = ...) -> None:
    """``CREATE COLLATION schema.name (PROVIDER = icu, LOCALE = 'ja-JP')``."""

def drop_collation(
    name: str, definition: str = ..., *, schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_collation(
    name: str, definition: str, *, schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_comment(
    of: str, name: str, text: str, *, table: str | None = ..., schema: str | None = ...
) -> None:
    """``COMMENT ON of name IS text``, where SQLAlchemy has no ``comment=``."""

def drop_comment(
    of: str,
    name: str,
    text: str = ...,
    *,
    table: str | None = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_comment(
    of: str,
    name: str,
    text: str,
    *,
    table: str | None = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_composite(name: str, definition: str, *, schema: str | None = ...) -> None:
    """``CREATE TYPE schema.name AS (a integer, b text)``."""

def drop_composite(
    name: str, definition: str = ..., *, schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_composite(
    name: str, definition: str, *, schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_default_privileges(
    privileges: str | Iterable[str], *, to: str, on: str = ..., schema: str | None = ...
) -> None:
    """``ALTER DEFAULT PRIVILEGES IN SCHEMA schema GRANT privileges ON … TO role``."""

def drop_default_privileges(
    privileges: str | Iterable[str],
    *,
    to: str,
    on: str = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_default_privileges(
    privileges: str | Iterable[str],
    *,
    to: str,
    on: str = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_domain(name: str, definition: str, *, schema: str | None = ...) -> None:
    """``CREATE DOMAIN schema.name AS definition``, with constraints, as PostgreSQL prints it."""

def drop_domain(
    name: str, definition: str = ..., *, schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_domain(
    name: str, definition: str, *, schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_enum(name: str, labels: Iterable[str], *, schema: str | None = ...) -> None:
    """``CREATE TYPE schema.name AS ENUM (labels)``, in the order of the labels."""

def drop_enum(
    name: str, labels: Iterable[str] = ..., *, schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_enum(
    name: str, labels: Iterable[str], *, schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_event_trigger(name: str, definition: str, *, schema: str | None = ..., enabled: str = ...) -> None:
    """``CREATE EVENT TRIGGER name ON event WHEN TAG IN (…) EXECUTE FUNCTION …``, as PostgreSQL prints it."""

def drop_event_trigger(
    name: str, definition: str = ..., *, schema: str | None = ..., enabled: str = ..., recreated: bool = ...
) -> None: ...
def replace_event_trigger(
    name: str,
    definition: str,
    *,
    schema: str | None = ...,
    enabled: str = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_extension(name: str, *, version: str | None = ..., schema: str | None = ...) -> None:
    """``CREATE EXTENSION name SCHEMA schema``. A downgrade drops only an extension that app_schema created."""

def drop_extension(
    name: str, *, version: str | None = ..., schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_extension(
    name: str, *, version: str | None = ..., schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_foreign_data_wrapper(
    name: str, definition: str = ..., *, schema: str | None = ..., options: str = ...
) -> None:
    """``CREATE FOREIGN DATA WRAPPER name HANDLER … VALIDATOR … OPTIONS (options)``."""

def drop_foreign_data_wrapper(
    name: str, definition: str = ..., *, schema: str | None = ..., options: str = ..., recreated: bool = ...
) -> None: ...
def replace_foreign_data_wrapper(
    name: str,
    definition: str = ...,
    *,
    schema: str | None = ...,
    options: str = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_foreign_server(
    name: str, definition: str, *, schema: str | None = ..., options: str = ...
) -> None:
    """``CREATE SERVER name FOREIGN DATA WRAPPER wrapper OPTIONS (options)``; without passwords."""

def drop_foreign_server(
    name: str, definition: str = ..., *, schema: str | None = ..., options: str = ..., recreated: bool = ...
) -> None: ...
def replace_foreign_server(
    name: str,
    definition: str,
    *,
    schema: str | None = ...,
    options: str = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_foreign_table(name: str, definition: str, *, schema: str | None = ...) -> None:
    """``CREATE FOREIGN TABLE schema.name (columns) SERVER server OPTIONS (…)``."""

def drop_foreign_table(
    name: str, definition: str = ..., *, schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_foreign_table(
    name: str, definition: str, *, schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_function(
    name: str,
    body: str,
    *,
    returns: str,
    arguments: str = ...,
    language: str = ...,
    volatility: str = ...,
    security: str = ...,
    settings: Mapping[str, str] | Iterable[tuple[str, str]] | None = ...,
    execute: Iterable[str] | str | None = ...,
    strict: bool = ...,
    leakproof: bool = ...,
    parallel: str = ...,
    cost: float | None = ...,
    rows: float | None = ...,
    support: str | None = ...,
    schema: str | None = ...,
) -> None:
    """``CREATE FUNCTION schema.name(arguments) RETURNS … AS body``."""

def drop_function(
    name: str,
    body: str = ...,
    *,
    returns: str = ...,
    arguments: str = ...,
    language: str = ...,
    volatility: str = ...,
    security: str = ...,
    settings: Mapping[str, str] | Iterable[tuple[str, str]] | None = ...,
    execute: Iterable[str] | str | None = ...,
    strict: bool = ...,
    leakproof: bool = ...,
    parallel: str = ...,
    cost: float | None = ...,
    rows: float | None = ...,
    support: str | None = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_function(
    name: str,
    body: str,
    *,
    returns: str,
    arguments: str = ...,
    language: str = ...,
    volatility: str = ...,
    security: str = ...,
    settings: Mapping[str, str] | Iterable[tuple[str, str]] | None = ...,
    execute: Iterable[str] | str | None = ...,
    strict: bool = ...,
    leakproof: bool = ...,
    parallel: str = ...,
    cost: float | None = ...,
    rows: float | None = ...,
    support: str | None = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_grant(
    privileges: str | Iterable[str],
    *,
    to: str,
    columns: str | Iterable[str] | None = ...,
    function: str | None = ...,
    with_grant_option: bool = ...,
    table: str | None = ...,
    schema: str | None = ...,
) -> None:
    """``GRANT privileges ON … TO role``: exactly these privileges of a role on an object."""

def drop_grant(
    privileges: str | Iterable[str],
    *,
    to: str,
    columns: str | Iterable[str] | None = ...,
    function: str | None = ...,
    with_grant_option: bool = ...,
    table: str | None = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_grant(
    privileges: str | Iterable[str],
    *,
    to: str,
    columns: str | Iterable[str] | None = ...,
    function: str | None = ...,
    with_grant_option: bool = ...,
    table: str | None = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_not_null(
    column: str,
    table: str,
    name: str,
    *,
    no_inherit: bool = ...,
    not_valid: bool = ...,
    schema: str | None = ...,
) -> None:
    """``CONSTRAINT name NOT NULL column``, of a column with ``nullable=False``."""

def drop_not_null(
    column: str,
    table: str,
    name: str = ...,
    *,
    no_inherit: bool = ...,
    not_valid: bool = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_not_null(
    column: str,
    table: str,
    name: str,
    *,
    no_inherit: bool = ...,
    not_valid: bool = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_object_grant(
    privileges: str | Iterable[str],
    *,
    to: str,
    on: str,
    of: str | None = ...,
    with_grant_option: bool = ...,
    schema: str | None = ...,
) -> None:
    """``GRANT privileges ON TYPE name TO role``: exactly these privileges of a role on an object."""

def drop_object_grant(
    privileges: str | Iterable[str],
    *,
    to: str,
    on: str,
    of: str | None = ...,
    with_grant_option: bool = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_object_grant(
    privileges: str | Iterable[str],
    *,
    to: str,
    on: str,
    of: str | None = ...,
    with_grant_option: bool = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_operator(name: str, definition: str, *, schema: str | None = ...) -> None:
    """``CREATE OPERATOR schema.name (FUNCTION = …, LEFTARG = …, RIGHTARG = …)``."""

def drop_operator(
    name: str, definition: str = ..., *, schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_operator(
    name: str, definition: str, *, schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_operator_class(name: str, definition: str, *, schema: str | None = ...) -> None:
    """``CREATE OPERATOR CLASS schema.name definition``, with all operators and functions as PostgreSQL prints"""

def drop_operator_class(
    name: str, definition: str = ..., *, schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_operator_class(
    name: str, definition: str, *, schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_operator_family(name: str, definition: str = ..., *, schema: str | None = ...) -> None:
    """``CREATE OPERATOR FAMILY schema.name``, and the members that belong to no class."""

def drop_operator_family(
    name: str, definition: str = ..., *, schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_operator_family(
    name: str, definition: str = ..., *, schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def set_owner(
    role: str, *, of: str = ..., name: str = ..., table: str | None = ..., schema: str | None = ...
) -> None:
    """``ALTER … OWNER TO role``: an argument of a table, or of any other object with ``of`` and ``name``."""

def reset_owner(
    role: str = ...,
    *,
    of: str = ...,
    name: str = ...,
    table: str | None = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_owner(
    role: str,
    *,
    of: str = ...,
    name: str = ...,
    table: str | None = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_partition(
    name: str, parent: str, bounds: str, *, partition_by: str | None = ..., schema: str | None = ...
) -> None:
    """``CREATE TABLE schema.name PARTITION OF parent bounds``; its parent is a table of the metadata."""

def drop_partition(
    name: str,
    parent: str = ...,
    bounds: str = ...,
    *,
    partition_by: str | None = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_partition(
    name: str,
    parent: str,
    bounds: str,
    *,
    partition_by: str | None = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_policy(
    name: str,
    table: str,
    *,
    as_: str = ...,
    for_: str = ...,
    to: str | Iterable[str] = ...,
    using: str | None = ...,
    with_check: str | None = ...,
    schema: str | None = ...,
) -> None:
    """``CREATE POLICY name ON table AS … FOR … TO … USING (…) WITH CHECK (…)``."""

def drop_policy(
    name: str,
    table: str,
    *,
    as_: str = ...,
    for_: str = ...,
    to: str | Iterable[str] = ...,
    using: str | None = ...,
    with_check: str | None = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_policy(
    name: str,
    table: str,
    *,
    as_: str = ...,
    for_: str = ...,
    to: str | Iterable[str] = ...,
    using: str | None = ...,
    with_check: str | None = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_procedure(
    name: str,
    body: str,
    *,
    returns: str = ...,
    arguments: str = ...,
    language: str = ...,
    volatility: str = ...,
    security: str = ...,
    settings: Mapping[str, str] | Iterable[tuple[str, str]] | None = ...,
    execute: Iterable[str] | str | None = ...,
    strict: bool = ...,
    leakproof: bool = ...,
    parallel: str = ...,
    cost: float | None = ...,
    rows: float | None = ...,
    support: str | None = ...,
    schema: str | None = ...,
) -> None:
    """``CREATE PROCEDURE schema.name(arguments) AS body``, without the further fields of a `Function`."""

def drop_procedure(
    name: str,
    body: str = ...,
    *,
    returns: str = ...,
    arguments: str = ...,
    language: str = ...,
    volatility: str = ...,
    security: str = ...,
    settings: Mapping[str, str] | Iterable[tuple[str, str]] | None = ...,
    execute: Iterable[str] | str | None = ...,
    strict: bool = ...,
    leakproof: bool = ...,
    parallel: str = ...,
    cost: float | None = ...,
    rows: float | None = ...,
    support: str | None = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_procedure(
    name: str,
    body: str,
    *,
    returns: str = ...,
    arguments: str = ...,
    language: str = ...,
    volatility: str = ...,
    security: str = ...,
    settings: Mapping[str, str] | Iterable[tuple[str, str]] | None = ...,
    execute: Iterable[str] | str | None = ...,
    strict: bool = ...,
    leakproof: bool = ...,
    parallel: str = ...,
    cost: float | None = ...,
    rows: float | None = ...,
    support: str | None = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_publication(name: str, definition: str, *, schema: str | None = ..., options: str = ...) -> None:
    """``CREATE PUBLICATION name FOR objects WITH (options)``."""

def drop_publication(
    name: str, definition: str = ..., *, schema: str | None = ..., options: str = ..., recreated: bool = ...
) -> None: ...
def replace_publication(
    name: str,
    definition: str,
    *,
    schema: str | None = ...,
    options: str = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_range(name: str, definition: str, *, schema: str | None = ...) -> None:
    """``CREATE TYPE schema.name AS RANGE (SUBTYPE = double precision, …)``."""

def drop_range(
    name: str, definition: str = ..., *, schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_range(
    name: str, definition: str, *, schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_role(
    name: str,
    *,
    login: bool | None = ...,
    superuser: bool | None = ...,
    createdb: bool | None = ...,
    createrole: bool | None = ...,
    inherit: bool | None = ...,
    replication: bool | None = ...,
    bypassrls: bool | None = ...,
    in_role: str | Iterable[str] = ...,
) -> None:
    """``CREATE ROLE name NOLOGIN …``. Set the password outside the repository."""

def drop_role(
    name: str,
    *,
    login: bool | None = ...,
    superuser: bool | None = ...,
    createdb: bool | None = ...,
    createrole: bool | None = ...,
    inherit: bool | None = ...,
    replication: bool | None = ...,
    bypassrls: bool | None = ...,
    in_role: str | Iterable[str] = ...,
    recreated: bool = ...,
) -> None: ...
def replace_role(
    name: str,
    *,
    login: bool | None = ...,
    superuser: bool | None = ...,
    createdb: bool | None = ...,
    createrole: bool | None = ...,
    inherit: bool | None = ...,
    replication: bool | None = ...,
    bypassrls: bool | None = ...,
    in_role: str | Iterable[str] = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def enable_row_security(
    table: str, *, forced: bool = ..., enabled: bool = ..., schema: str | None = ...
) -> None:
    """``ALTER TABLE table ENABLE ROW LEVEL SECURITY``."""

def disable_row_security(
    table: str, *, forced: bool = ..., enabled: bool = ..., schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_row_security(
    table: str,
    *,
    forced: bool = ...,
    enabled: bool = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_rule(
    name: str, table: str, definition: str, *, enabled: str = ..., schema: str | None = ...
) -> None:
    """A rule of a table or view by the whole statement that pg_get_ruledef prints."""

def drop_rule(
    name: str,
    table: str,
    definition: str = ...,
    *,
    enabled: str = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_rule(
    name: str,
    table: str,
    definition: str,
    *,
    enabled: str = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_schema(name: str) -> None:
    """``CREATE SCHEMA name``. A downgrade drops only a schema that app_schema created."""

def drop_schema(name: str, *, recreated: bool = ...) -> None: ...
def replace_schema(name: str, *, old: Mapping[str, Any] | None = ...) -> None: ...
def create_sequence(name: str, options: str, *, owner_follows: bool = ..., schema: str | None = ...) -> None:
    """``CREATE SEQUENCE schema.name options``, every option written: ``AS bigint START 1 INCREMENT 1 …``."""

def drop_sequence(
    name: str,
    options: str = ...,
    *,
    owner_follows: bool = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_sequence(
    name: str,
    options: str,
    *,
    owner_follows: bool = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_setting(name: str, value: str | float, *, role: str | None = ...) -> None:
    """``ALTER DATABASE … SET name TO value``; with a role ``ALTER ROLE role IN DATABASE … SET``."""

def drop_setting(
    name: str, value: str | float = ..., *, role: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_setting(
    name: str, value: str | float, *, role: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_statistics(
    name: str, definition: str, *, schema: str | None = ..., target: int | None = ...
) -> None:
    """Extended statistics by the whole statement that pg_get_statisticsobjdef prints."""

def drop_statistics(
    name: str,
    definition: str = ...,
    *,
    schema: str | None = ...,
    target: int | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_statistics(
    name: str,
    definition: str,
    *,
    schema: str | None = ...,
    target: int | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_table_constraint(name: str, table: str, definition: str, *, schema: str | None = ...) -> None:
    """``ALTER TABLE table ADD CONSTRAINT name definition``, as pg_get_constraintdef prints the definition."""

def drop_table_constraint(
    name: str, table: str, definition: str = ..., *, schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_table_constraint(
    name: str, table: str, definition: str, *, schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_table_index(name: str, definition: str, *, schema: str | None = ...) -> None:
    """An index by the whole statement that pg_get_indexdef prints: of a materialized view or of a partition."""

def drop_table_index(
    name: str, definition: str = ..., *, schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_table_index(
    name: str, definition: str, *, schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_table_option(name: str, table: str, value: str, *, schema: str | None = ...) -> None:
    """An action of ``ALTER TABLE``, in two parts: ``TableOption("REPLICA IDENTITY", "FULL")``."""

def drop_table_option(
    name: str, table: str, value: str = ..., *, schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_table_option(
    name: str, table: str, value: str, *, schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_text_search_configuration(
    name: str,
    *,
    mappings: Mapping[str, str] | Iterable[tuple[str, str]],
    parser: str = ...,
    schema: str | None = ...,
) -> None:
    """``CREATE TEXT SEARCH CONFIGURATION schema.name (PARSER = parser)``, and its mappings."""

def drop_text_search_configuration(
    name: str,
    *,
    mappings: Mapping[str, str] | Iterable[tuple[str, str]] = ...,
    parser: str = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_text_search_configuration(
    name: str,
    *,
    mappings: Mapping[str, str] | Iterable[tuple[str, str]],
    parser: str = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_text_search_dictionary(name: str, definition: str, *, schema: str | None = ...) -> None:
    """``CREATE TEXT SEARCH DICTIONARY schema.name (TEMPLATE = pg_catalog.simple, …)``."""

def drop_text_search_dictionary(
    name: str, definition: str = ..., *, schema: str | None = ..., recreated: bool = ...
) -> None: ...
def replace_text_search_dictionary(
    name: str, definition: str, *, schema: str | None = ..., old: Mapping[str, Any] | None = ...
) -> None: ...
def create_trigger(
    name: str,
    table: str,
    *,
    execute: str,
    before: str | Iterable[str] | None = ...,
    after: str | Iterable[str] | None = ...,
    instead_of: str | Iterable[str] | None = ...,
    for_each: str = ...,
    when: str | None = ...,
    referencing: str | None = ...,
    constraint: bool = ...,
    deferrable: bool = ...,
    initially: str | None = ...,
    enabled: str = ...,
    schema: str | None = ...,
) -> None:
    """``CREATE TRIGGER name BEFORE … ON table FOR EACH ROW WHEN (…) EXECUTE FUNCTION …``."""

def drop_trigger(
    name: str,
    table: str,
    *,
    execute: str = ...,
    before: str | Iterable[str] | None = ...,
    after: str | Iterable[str] | None = ...,
    instead_of: str | Iterable[str] | None = ...,
    for_each: str = ...,
    when: str | None = ...,
    referencing: str | None = ...,
    constraint: bool = ...,
    deferrable: bool = ...,
    initially: str | None = ...,
    enabled: str = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_trigger(
    name: str,
    table: str,
    *,
    execute: str,
    before: str | Iterable[str] | None = ...,
    after: str | Iterable[str] | None = ...,
    instead_of: str | Iterable[str] | None = ...,
    for_each: str = ...,
    when: str | None = ...,
    referencing: str | None = ...,
    constraint: bool = ...,
    deferrable: bool = ...,
    initially: str | None = ...,
    enabled: str = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def create_view(
    name: str,
    definition: str,
    *,
    options: Mapping[str, object] | Iterable[tuple[str, object]] = ...,
    defaults: Mapping[str, str] | Iterable[tuple[str, str]] = ...,
    materialized: bool = ...,
    schema: str | None = ...,
) -> None:
    """``CREATE VIEW schema.name WITH (options) AS definition``."""

def drop_view(
    name: str,
    definition: str = ...,
    *,
    options: Mapping[str, object] | Iterable[tuple[str, object]] = ...,
    defaults: Mapping[str, str] | Iterable[tuple[str, str]] = ...,
    materialized: bool = ...,
    schema: str | None = ...,
    recreated: bool = ...,
) -> None: ...
def replace_view(
    name: str,
    definition: str,
    *,
    options: Mapping[str, object] | Iterable[tuple[str, object]] = ...,
    defaults: Mapping[str, str] | Iterable[tuple[str, str]] = ...,
    materialized: bool = ...,
    schema: str | None = ...,
    old: Mapping[str, Any] | None = ...,
) -> None: ...
def add_enum_value(
    name: str, value: str, *, before: str | None = ..., after: str | None = ..., schema: str | None = ...
) -> None:
    """Adds a label to an enum, at the end or next to another label."""

def rename_enum_value(name: str, old: str, new: str, *, schema: str | None = ...) -> None:
    """Renames a label if the old label exists and the new label does not."""

def rename_constraint(old: str, new: str, table: str, *, schema: str | None = ...) -> None:
    """Renames a constraint, and the index of a key. Changes only the catalog."""

def rename_index(old: str, new: str, table: str | None = ..., *, schema: str | None = ...) -> None:
    """Renames an index that belongs to no constraint. Changes only the catalog."""

def rename_sequence(old: str, new: str, *, schema: str | None = ...) -> None:
    """Renames a sequence. The value and dependent defaults are kept."""

def rename_enum(old: str, new: str, *, schema: str | None = ...) -> None:
    """Renames an enum. Columns and other objects keep the type."""

def rename_object(
    kind: str, old: str, new: str, *, table: str | None = ..., schema: str | None = ...
) -> None:
    """Renames a view, function, trigger, policy, domain, or another object that a comment can be on."""

def comment_on(
    kind: str, name: str, comment: str | None, *, table: str | None = ..., schema: str | None = ...
) -> None:
    """Sets the comment of a constraint, trigger, policy, index, function, type, …; None drops it."""

def advance_sequence(table: str, column: str, *, schema: str | None = ...) -> None:
    """Sets the sequence of a column past the existing values; never decreases the sequence."""

def alter_table(table: str, action: str, *, schema: str | None = ...) -> None:
    """``ALTER TABLE table action`` for what no metadata declares: ``REPLICA IDENTITY FULL``, ``CLUSTER ON``"""

def alter_column_types(
    table: str,
    types: Mapping[str, Any],
    *,
    existing: Mapping[str, Any] | None = ...,
    using: Mapping[str, str] | None = ...,
    schema: str | None = ...,
) -> None:
    """Changes the types of several columns in one ALTER TABLE, which rewrites the table at most once."""

def validate_constraint(name: str, table: str, *, schema: str | None = ...) -> None:
    """Validates a constraint that was created NOT VALID."""

def create_index_concurrently(
    name: str,
    table: str,
    columns: list[Any],
    *,
    unique: bool = ...,
    partitioned: bool = ...,
    schema: str | None = ...,
    **kw: Any,
) -> None:
    """Builds an index without blocking writers. Drops the INVALID index of an interrupted build first."""

def drop_index_concurrently(
    name: str, table: str | None = ..., *, partitioned: bool = ..., schema: str | None = ...
) -> None:
    """Drops an index, valid or INVALID, without blocking writers; does nothing if it is absent."""

def run_once(key: str, sql: str) -> None:
    """Executes a data statement and records its key, in one statement."""

def undo_once(key: str, sql: str | None = ...) -> None:
    """Reverts ``run_once``: executes ``sql`` if the key is recorded, and deletes the key."""

def lock_unchanged(key: str, tables: Sequence[tuple[str, str]], digest: str) -> None:
    """Locks tables in ACCESS EXCLUSIVE mode, if the objects that act on them still have this digest."""
