"""Every catalog of PostgreSQL 15 to 18, column by column: compared, or not compared with the reason.

`verdict` derives the compared columns from the queries of the kinds. An object of a catalog without a kind is
reported by its name (`uncompared`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from app_schema.ddl.catalog_query import CatalogQuery, Kind

Verdict = Literal["compared", "named", "not compared", "outside"]

IDENTITY = "an OID or a number of a row, which differs between databases"
KEPT = "PostgreSQL derives it from compared columns"
PHYSICAL = "physical state: files, statistics, transactions"
CLUSTER = "of the cluster: a revision migrates one database"
PLACE = "the operators of the server choose the location of the data"
PRIVATE = "a secret"
DATA = "data of the users"
IN_C = "needs functions in C, which an extension brings"
NO_PROVIDER = (
    "PostgreSQL itself has no label provider: sepgsql and extensions bring one, which decides the labels"
)


@dataclass(frozen=True)
class Catalog:
    """The treatment of each column of a catalog.

    :param object: the columns that define an object.
    :param printed: a function of PostgreSQL -> the further defining columns that the function prints.
    :param named: the columns that no kind compares; `uncompared` names their objects.
    :param outside: a reason -> the columns that are ignored on purpose.
    :param unwritten: why no revision writes the objects, where no kind has the catalog: they are named.
    :param oid: the column that identifies an object; empty if a row is a part or an attribute of an object.
    :param part_of: the catalog of the objects whose parts the rows are.
    :param source: the relation to read instead of a catalog that only superusers may read.
    :param where: the condition for rows of this database; over the alias ``met``.
    """

    object: str = ""
    printed: Mapping[str, str] = field(default_factory=dict)
    named: str = ""
    outside: Mapping[str, str] = field(default_factory=dict)
    unwritten: str = ""
    oid: str = ""
    part_of: str = ""
    source: str = ""
    where: str = "true"

    @property
    def columns(self) -> Iterator[str]:
        """Every column of the catalog in any of the versions."""
        for words in (self.object, self.named, *self.printed.values(), *self.outside.values()):
            yield from words.split()


COVERAGE: Mapping[str, Catalog] = {
    "pg_aggregate": Catalog(
        "aggkind aggnumdirectargs aggtransfn aggfinalfn aggcombinefn aggserialfn aggdeserialfn aggmtransfn "
        "aggminvtransfn aggmfinalfn aggfinalextra aggmfinalextra aggfinalmodify aggmfinalmodify aggsortop "
        "aggtranstype aggtransspace aggmtranstype aggmtransspace agginitval aggminitval",
        outside={IDENTITY: "aggfnoid"},
        part_of="pg_proc",
    ),
    "pg_am": Catalog("amname amhandler amtype", outside={IDENTITY: "oid"}, oid="oid", unwritten=IN_C),
    "pg_amop": Catalog(
        "amopstrategy amopopr amopsortfamily",
        outside={IDENTITY: "oid", KEPT: "amopmethod amopfamily amoplefttype amoprighttype amoppurpose"},
        part_of="pg_opfamily",
    ),
    "pg_amproc": Catalog(
        "amproclefttype amprocrighttype amprocnum amproc",
        outside={IDENTITY: "oid", KEPT: "amprocfamily"},
        part_of="pg_opfamily",
    ),
    "pg_attrdef": Catalog("adrelid adnum adbin", outside={IDENTITY: "oid"}, part_of="pg_class"),
    "pg_attribute": Catalog(
        "attrelid attname atttypid attstattarget attnum atttypmod attstorage attcompression attnotnull "
        "attidentity attgenerated attisdropped attislocal attcollation attacl attoptions attfdwoptions",
        outside={
            KEPT: "attlen attndims attbyval attalign atthasdef attinhcount",
            PHYSICAL: "attcacheoff atthasmissing attmissingval",
        },
        part_of="pg_class",
    ),
    "pg_auth_members": Catalog(
        "roleid member",
        outside={IDENTITY: "oid", CLUSTER: "grantor admin_option inherit_option set_option"},
        part_of="pg_authid",
    ),
    "pg_authid": Catalog(
        "rolname rolsuper rolinherit rolcreaterole rolcreatedb rolcanlogin rolreplication rolbypassrls",
        outside={IDENTITY: "oid", CLUSTER: "rolconnlimit rolvaliduntil", PRIVATE: "rolpassword"},
    ),
    "pg_cast": Catalog(
        "castsource casttarget castfunc castcontext castmethod", outside={IDENTITY: "oid"}, oid="oid"
    ),
    "pg_class": Catalog(
        "relname relnamespace reloftype relowner relam relpersistence relkind relrowsecurity "
        "relforcerowsecurity relreplident relispartition relacl reloptions relpartbound",
        outside={
            IDENTITY: "oid reltype",
            KEPT: "relhasindex relnatts relchecks relhasrules relhastriggers relhassubclass reltoastrelid "
            "relisshared",
            PHYSICAL: "relfilenode relpages reltuples relallvisible relallfrozen relispopulated relrewrite "
            "relfrozenxid relminmxid",
            PLACE: "reltablespace",
        },
        oid="oid",
        where="met.relkind NOT IN ('i', 'I', 't')",  # parts of tables
    ),
    "pg_collation": Catalog(
        "collname collnamespace collowner collprovider collisdeterministic collcollate "
        "collctype "
        "colliculocale colllocale collicurules",
        outside={IDENTITY: "oid", KEPT: "collencoding", PHYSICAL: "collversion"},
        oid="oid",
    ),
    "pg_constraint": Catalog(
        "conname contype convalidated conrelid contypid conislocal",
        printed={
            "pg_get_constraintdef": "condeferrable condeferred confrelid confupdtype confdeltype "
            "confmatchtype "
            "connoinherit conkey confkey confdelsetcols conexclop conbin conenforced conperiod"
        },
        outside={
            IDENTITY: "oid",
            KEPT: "connamespace conindid conparentid coninhcount conpfeqop conppeqop conffeqop",
        },
    ),
    "pg_conversion": Catalog(
        "conname connamespace conowner conforencoding contoencoding conproc condefault",
        outside={IDENTITY: "oid"},
        oid="oid",
        unwritten=IN_C,
    ),
    "pg_database": Catalog(
        "datacl",
        named="datconnlimit",
        unwritten="the operators of the server choose the number of connections",
        outside={
            IDENTITY: "oid",
            CLUSTER: "datname datdba encoding datlocprovider datistemplate datallowconn datcollate datctype "
            "daticulocale datlocale daticurules",
            PHYSICAL: "datfrozenxid datminmxid datcollversion dathasloginevt",
            PLACE: "dattablespace",
        },
    ),
    "pg_db_role_setting": Catalog("setdatabase setrole setconfig"),
    "pg_default_acl": Catalog(
        "defaclrole defaclnamespace defaclobjtype defaclacl", outside={IDENTITY: "oid"}
    ),
    "pg_depend": Catalog(
        named="deptype",
        outside={KEPT: "classid objid objsubid refclassid refobjid refobjsubid"},
        unwritten="all but DEPENDS ON EXTENSION is derived from compared columns; it acts on DROP EXTENSION",
    ),
    "pg_description": Catalog("objoid classoid objsubid description", part_of="pg_class"),
    "pg_enum": Catalog("enumtypid enumsortorder enumlabel", outside={IDENTITY: "oid"}, part_of="pg_type"),
    "pg_event_trigger": Catalog(
        "evtname evtevent evtowner evtfoid evtenabled evttags", outside={IDENTITY: "oid"}, oid="oid"
    ),
    "pg_extension": Catalog(
        "extname extnamespace",
        outside={
            IDENTITY: "oid",
            KEPT: "extowner extrelocatable extconfig extcondition",
            "the operators of the server choose the version": "extversion",
        },
        oid="oid",
    ),
    "pg_foreign_data_wrapper": Catalog(
        "fdwname fdwowner fdwhandler fdwvalidator fdwoptions fdwacl",
        outside={IDENTITY: "oid"},
        oid="oid",
    ),
    "pg_foreign_server": Catalog(
        "srvname srvowner srvfdw srvtype srvversion srvoptions srvacl",
        outside={IDENTITY: "oid"},
        oid="oid",
    ),
    "pg_foreign_table": Catalog("ftrelid ftserver ftoptions", part_of="pg_class"),
    "pg_index": Catalog(
        "indisvalid indisclustered indisreplident",
        printed={
            "pg_get_indexdef": "indexrelid indrelid indisunique indnullsnotdistinct indkey indnkeyatts "
            "indcollation indclass indoption indexprs indpred",
            "pg_get_constraintdef": "indisprimary indisexclusion indimmediate",
        },
        outside={KEPT: "indnatts", PHYSICAL: "indcheckxmin indisready indislive"},
        part_of="pg_class",
    ),
    "pg_inherits": Catalog(
        "inhrelid inhparent inhseqno", outside={PHYSICAL: "inhdetachpending"}, part_of="pg_class"
    ),
    "pg_init_privs": Catalog(outside={KEPT: "objoid classoid objsubid privtype initprivs"}),
    "pg_language": Catalog(
        "lanname lanowner lanispl lanpltrusted lanplcallfoid laninline lanvalidator lanacl",
        outside={IDENTITY: "oid"},
        oid="oid",
        unwritten=IN_C,
    ),
    "pg_largeobject": Catalog(outside={DATA: "loid pageno data"}),
    "pg_largeobject_metadata": Catalog(outside={DATA: "oid lomowner lomacl"}),
    "pg_namespace": Catalog("nspname nspowner nspacl", outside={IDENTITY: "oid"}, oid="oid"),
    "pg_opclass": Catalog(
        "opcmethod opcname opcnamespace opcowner opcfamily opcintype opcdefault opckeytype",
        outside={IDENTITY: "oid"},
        oid="oid",
    ),
    "pg_operator": Catalog(
        "oprname oprnamespace oprowner oprcanmerge oprcanhash oprleft oprright oprcom oprnegate oprcode "
        "oprrest oprjoin",
        outside={IDENTITY: "oid", KEPT: "oprkind oprresult"},
        oid="oid",
    ),
    "pg_opfamily": Catalog("opfmethod opfname opfnamespace opfowner", outside={IDENTITY: "oid"}, oid="oid"),
    "pg_parameter_acl": Catalog(outside={IDENTITY: "oid", CLUSTER: "parname paracl"}),
    "pg_partitioned_table": Catalog(
        printed={"pg_get_partkeydef": "partrelid partstrat partattrs partclass partcollation partexprs"},
        outside={KEPT: "partnatts partdefid"},
        part_of="pg_class",
    ),
    "pg_policy": Catalog(
        "polname polrelid polcmd polpermissive polroles polqual polwithcheck",
        outside={IDENTITY: "oid"},
    ),
    "pg_proc": Catalog(
        "proname pronamespace proowner prolang procost prorows prosupport prokind prosecdef proleakproof "
        "proisstrict provolatile proparallel proargtypes protrftypes prosrc probin proconfig proacl",
        printed={
            "pg_get_function_arguments": "provariadic proallargtypes proargmodes proargnames proargdefaults",
            "pg_get_function_result": "proretset prorettype",
            "pg_get_function_sqlbody": "prosqlbody",
        },
        outside={IDENTITY: "oid", KEPT: "pronargs pronargdefaults"},
        oid="oid",
    ),
    "pg_publication": Catalog(
        "pubname pubowner puballtables pubinsert pubupdate pubdelete pubtruncate pubviaroot pubgencols",
        outside={IDENTITY: "oid"},
        oid="oid",
    ),
    "pg_publication_namespace": Catalog(
        "pnpubid pnnspid", outside={IDENTITY: "oid"}, part_of="pg_publication"
    ),
    "pg_publication_rel": Catalog(
        "prpubid prrelid prqual prattrs", outside={IDENTITY: "oid"}, part_of="pg_publication"
    ),
    "pg_range": Catalog(
        "rngtypid rngsubtype rngcollation rngsubopc rngcanonical rngsubdiff",
        outside={KEPT: "rngmultitypid"},
        part_of="pg_type",
    ),
    "pg_replication_origin": Catalog(outside={CLUSTER: "roident roname"}),
    "pg_rewrite": Catalog(
        "rulename ev_class ev_enabled",
        printed={"pg_get_ruledef": "ev_type is_instead ev_qual ev_action"},
        outside={IDENTITY: "oid"},
    ),
    "pg_seclabel": Catalog("objoid classoid objsubid provider label", unwritten=NO_PROVIDER),
    "pg_sequence": Catalog(
        "seqrelid seqtypid seqstart seqincrement seqmax seqmin seqcache seqcycle", part_of="pg_class"
    ),
    "pg_shdepend": Catalog(outside={KEPT: "dbid classid objid objsubid refclassid refobjid deptype"}),
    "pg_shdescription": Catalog(
        named="description",
        outside={CLUSTER: "objoid classoid"},
        unwritten="the comment on a database says what is true of one of its copies",
    ),
    "pg_shseclabel": Catalog(outside={CLUSTER: "objoid classoid provider label"}),
    "pg_statistic": Catalog(
        outside={
            PHYSICAL: " ".join(
                [
                    "starelid staattnum stainherit stanullfrac stawidth stadistinct",
                    *(
                        f"sta{name}{slot}"
                        for name in ("kind", "op", "coll", "numbers", "values")
                        for slot in range(1, 6)
                    ),
                ]
            )
        }
    ),
    "pg_statistic_ext": Catalog(
        "stxname stxnamespace stxowner stxstattarget stxrelid stxkeys stxkind",
        printed={"pg_get_statisticsobjdef_expressions": "stxexprs"},
        outside={IDENTITY: "oid"},
    ),
    "pg_statistic_ext_data": Catalog(
        outside={PHYSICAL: "stxoid stxdinherit stxdndistinct stxddependencies stxdmcv stxdexpr"}
    ),
    "pg_subscription": Catalog(
        "subname subowner subenabled subbinary substream subtwophasestate subdisableonerr subslotname "
        "subsynccommit subpublications subpasswordrequired subrunasowner suborigin subfailover",
        outside={IDENTITY: "oid subdbid", PHYSICAL: "subskiplsn", PRIVATE: "subconninfo"},
        oid="oid",
        where="met.subdbid = (SELECT d.oid FROM pg_catalog.pg_database AS d "
        "WHERE d.datname = current_database())",
        unwritten="its connection string is a secret, and CREATE SUBSCRIPTION runs in no transaction",
    ),
    "pg_subscription_rel": Catalog(outside={PHYSICAL: "srsubid srrelid srsubstate srsublsn"}),
    "pg_tablespace": Catalog(outside={IDENTITY: "oid", CLUSTER: "spcname spcowner spcacl spcoptions"}),
    "pg_transform": Catalog(
        "trftype trflang trffromsql trftosql", outside={IDENTITY: "oid"}, oid="oid", unwritten=IN_C
    ),
    "pg_trigger": Catalog(
        "tgrelid tgname tgenabled",
        printed={
            "pg_get_triggerdef": "tgfoid tgtype tgconstrrelid tgdeferrable tginitdeferred tgattr tgargs "
            "tgqual "
            "tgoldtable tgnewtable"
        },
        outside={IDENTITY: "oid", KEPT: "tgparentid tgisinternal tgconstrindid tgconstraint tgnargs"},
    ),
    "pg_ts_config": Catalog("cfgname cfgnamespace cfgowner cfgparser", outside={IDENTITY: "oid"}, oid="oid"),
    "pg_ts_config_map": Catalog("mapcfg maptokentype mapseqno mapdict", part_of="pg_ts_config"),
    "pg_ts_dict": Catalog(
        "dictname dictnamespace dictowner dicttemplate dictinitoption", outside={IDENTITY: "oid"}, oid="oid"
    ),
    "pg_ts_parser": Catalog(
        "prsname prsnamespace prsstart prstoken prsend prsheadline prslextype",
        outside={IDENTITY: "oid"},
        oid="oid",
        unwritten=IN_C,
    ),
    "pg_ts_template": Catalog(
        "tmplname tmplnamespace tmplinit tmpllexize", outside={IDENTITY: "oid"}, oid="oid", unwritten=IN_C
    ),
    "pg_type": Catalog(
        "typname typnamespace typowner typtype typnotnull typbasetype typtypmod typcollation typdefault "
        "typacl",
        outside={
            IDENTITY: "oid typrelid typarray",
            KEPT: "typisdefined typndims typdefaultbin",
            # a base type is reported by name; only its functions in C use these columns
            "of base types, which are written in C": "typlen typbyval typcategory typispreferred typdelim "
            "typsubscript typelem typinput typoutput typreceive typsend typmodin typmodout typanalyze "
            "typalign "
            "typstorage",
        },
        oid="oid",
        where="met.typrelid = 0",  # the others are rows of pg_class
    ),
    "pg_user_mapping": Catalog(
        "umuser umserver",
        outside={IDENTITY: "oid", PRIVATE: "umoptions"},
        oid="umid",
        source="pg_user_mappings",
        unwritten="its options are a secret",
    ),
}


def verdict(catalog: str, column: str) -> Verdict:
    """The verdict on a column, derived from the queries of the kinds."""
    entry = COVERAGE[catalog]
    if column in entry.named.split():
        return "named"
    if any(column in words.split() for words in entry.outside.values()):
        return "outside"
    catalog_queries = [query for query in queries() if query.catalog == (entry.part_of or catalog)]
    printer = next((name for name, words in entry.printed.items() if column in words.split()), column)
    if catalog_queries and printer in _words():
        return "compared"
    return "not compared" if catalog_queries and catalog not in without_kind() else "named"


@cache
def without_kind() -> tuple[str, ...]:
    """The catalogs of objects that no kind compares."""
    compared = {query.catalog for query in queries() if query.is_object}
    return tuple(name for name, catalog in COVERAGE.items() if catalog.oid and name not in compared)


@cache
def queries() -> tuple[CatalogQuery, ...]:
    """The queries of all kinds."""
    return tuple(query for kind in Kind.all() for query in kind.catalog)


@cache
def _words() -> frozenset[str]:
    """The words of the queries of a snapshot."""
    parts = ("source", "kind", "name", "selected", "namespace", "table", "owner", "where", "listed")
    return frozenset(
        word for query in queries() for part in parts for word in re.findall(r"\w+", getattr(query, part))
    )
