"""Mutations of the machinery, each a text of one module that is replaced, and the tests that must notice it.

The harness of faults has mutants of its own (``mutants.py``); these are for what tests of promises hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Mutation:
    """One text of a module, what replaces it, and the tests of which one must fail."""

    module: str
    old: str
    new: str
    tests: str

    def applied(self, source: str) -> str:
        """The mutated source; the text must stand in it once, else the mutation says nothing."""
        assert source.count(self.old) == 1, f"{self.module} has {source.count(self.old)} times: {self.old}"
        return source.replace(self.old, self.new)

    def source(self) -> str:
        """Of the module, as it is."""
        spec = find_spec(self.module)
        assert spec is not None
        assert spec.origin is not None
        return Path(spec.origin).read_text(encoding="utf-8")


LOCK = "tests/engine/runner/test_lock.py"
COMMIT = "tests/mued/faults/test_commit.py"
IDENTITY = "tests/mued/security/test_identity.py"
REFUSED = "tests/mued/security/test_identity_refused.py"
SCRATCH = "tests/mued/test_scratch.py"
LOSSES = "tests/mued/cli/test_losses.py"
PROTECTION = "tests/mued/cli/test_protection_losses.py"
LEFT_OUT = "tests/engine/test_left_out.py"

MUTATIONS = {
    # the fence
    "fence_lets_an_extra_head_pass": Mutation(
        "app_schema.migrations.lock",
        "IF NOT coalesce({stamped}, '{{}}') <@ ARRAY[{expected}]::text[]",
        "IF false",
        f"{LOCK}::test_fence_refuses_an_extra_head_that_another_session_stamped",
    ),
    "fence_lets_a_missing_head_pass": Mutation(
        "app_schema.migrations.lock",
        "OR NOT coalesce({stamped}, '{{}}') @> ARRAY[{expected}]::text[]",
        "OR false",
        f"{LOCK}::test_fence_refuses_where_a_head_is_missing",
    ),
    "fence_does_not_ask_for_the_lock": Mutation(
        "app_schema.migrations.lock",
        "IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_locks AS l",
        "IF false AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_locks AS l",
        f"{LOCK}::test_fence_refuses_when_the_lock_is_lost",
    ),
    "fence_does_not_name_the_revision": Mutation(
        "app_schema.migrations.lock",
        "PERFORM set_config('application_name', {literal(application)}, false);",
        "NULL;",
        f"{LOCK}::test_activity_shows_which_revision_runs",
    ),
    # trying again
    "tries_counted_over_all_revisions": Mutation(
        "app_schema.migrations.retry",
        "        step.tries += 1\n",
        "        type(step).tries += 1\n        step.__dict__.pop('tries', None)\n",
        f"{LOCK}::test_tries_are_counted_for_each_revision_alone",
    ),
    "partly_committed_is_begun_again": Mutation(
        "app_schema.migrations.retry",
        "not step.partly_committed and",
        "True and",
        f"{LOCK}::test_part_that_does_not_converge_is_not_begun_again",
    ),
    "no_second_try": Mutation(
        "app_schema.migrations.retry",
        "if number >= allowed:",
        "if number:",
        f"{LOCK}::test_revision_that_gets_no_lock_is_begun_again",
    ),
    "blockers_are_not_looked_for": Mutation(
        "app_schema.migrations.watch",
        'rows = connection.execute(_BLOCKERS.encode(), {"pid": self.info.backend_pid}).fetchall()',
        "rows = []",
        f"{LOCK}::test_who_blocks_is_named_when_it_is_given_up",
    ),
    "commit_of_the_driver_not_noted": Mutation(
        "app_schema.migrations.pipeline",
        "step.part_is_committed(converges=step.converges)",
        "pass",
        f"{LOCK}::test_part_of_the_connection_that_does_not_converge_is_not_begun_again",
    ),
    "commit_that_is_kept_back_not_noted": Mutation(
        "app_schema.migrations.pipeline",
        "if not is_last:",
        "if False:",
        f"{LOCK}::test_part_that_does_not_converge_is_not_begun_again",
    ),
    "statement_overtakes_what_is_kept_back": Mutation(
        "app_schema.migrations.pipeline",
        "        self.flush()\n        self.state.current.statements += 1\n",
        "        self.state.current.statements += 1\n",
        f"{LOCK}::test_lock_timeout_does_not_cut_a_concurrent_build",
    ),
    "cursor_overtakes_what_is_kept_back": Mutation(
        "app_schema.migrations.pipeline",
        "            pipeline.before_use(query if isinstance(query, str) else UNKNOWN)\n",
        "            pass\n",
        "tests/engine/runner/test_pipeline.py::test_connection_of_a_revision_sees_what_it_did_before",
    ),
    "lock_without_an_answer_is_not_given_back": Mutation(
        "app_schema.migrations.lock",
        "            self.acquired = True  # set before: ",
        "            # set before: ",
        COMMIT,
    ),
    # who is asking
    "identity_without_a_flush_on_the_way_in": Mutation(
        "app_schema.identity",
        "target.flush()\n            target.expire_all()",
        "target.expire_all()",
        IDENTITY,
    ),
    "identity_flushes_only_what_has_a_key": Mutation(
        "app_schema.identity",
        "target.flush()\n            target.expire_all()",
        "target.flush(list(target.dirty) or None) if target.dirty else None\n            target.expire_all()",
        f"{IDENTITY}::test_an_object_that_has_no_key_yet_is_written_by_who_added_it",
    ),
    "identity_without_a_flush_on_the_way_out": Mutation(
        "app_schema.identity",
        "self._target.flush()\n        except",
        "pass\n        except",
        f"{IDENTITY} {REFUSED}",
    ),
    "identity_hands_loaded_objects_on": Mutation(
        "app_schema.identity",
        "target.flush()\n            target.expire_all()",
        "target.flush()",
        f"{IDENTITY}::test_loaded_objects_are_not_handed_on",
    ),
    "identity_hands_loaded_objects_back": Mutation(
        "app_schema.identity",
        "if acting.identities and isinstance(target, Session):\n            target.expire_all()",
        "if acting.identities and isinstance(target, Session):\n            pass",
        f"{IDENTITY}::test_loaded_objects_are_not_handed_on",
    ),
    "identity_outlives_its_transaction": Mutation(
        "app_schema.identity_setting",
        "pg_catalog.set_config(:setting, :person, true)",
        "pg_catalog.set_config('app.current_user_id', :person, false)",
        IDENTITY,
    ),
    "role_outlives_its_transaction": Mutation(
        "app_schema.identity_setting",
        "pg_catalog.set_config('role', :role, true)",
        "pg_catalog.set_config('role', :role, false)",
        IDENTITY,
    ),
    "identity_not_given_back": Mutation(
        "app_schema.identity", "acting.restore(connection)", "pass", IDENTITY
    ),
    "identity_survives_an_error": Mutation(
        "app_schema.identity",
        "if error is not None:\n                    self._roll_back(acting)",
        "if False:\n                    self._roll_back(acting)",
        f"{IDENTITY}::test_an_error_rolls_back",
    ),
    "identity_in_autocommit": Mutation(
        "app_schema.identity_setting",
        'getattr(connection.connection.dbapi_connection, "autocommit", False)',
        "False",
        f"{REFUSED}::test_autocommit_is_refused_and_nothing_runs",
    ),
    "session_goes_on_without_identity": Mutation(
        "app_schema.identity",
        "connection.invalidate(error)  # otherwise",
        "pass  # otherwise",
        f"{REFUSED}::test_without_membership_nothing_runs",
    ),
    "scope_makes_a_session_without_identity": Mutation(
        "app_schema.identity",
        "scope.registry.has() and scope() is not session",
        "False",
        f"{IDENTITY}::test_a_scoped_session_acts",
    ),
    # comparing
    "what_is_left_out_comes_back_as_declared": Mutation(
        "app_schema.migrations.compare.planner",
        "is_equal = sides.spelling.same(sides.declared.get(key), sides.reflected[key])",
        "is_equal = key in sides.declared",
        LEFT_OUT,
    ),
    "dependents_stay_in_the_way": Mutation(
        "app_schema.migrations.compare.comparator",
        "        dependent.drop_dependents(self.sides, planner)\n",
        "",
        "tests/engine/test_dependent.py",
    ),
    "undeclared_is_no_difference": Mutation(
        "app_schema.migrations.compare.comparator",
        'return None if comparator.undeclared_with_owner(self.sides, key) else "undeclared"',
        "return None",
        "tests/engine/drift/test_undeclared.py",
    ),
    "spelling_of_a_function_body_does_not_count": Mutation(
        "app_schema.catalog.spelling",
        "return all(_STANDARD_BODY.search(text) is not None for text in texts)",
        "return bool(texts)",
        "tests/engine/drift/test_spelling.py::test_every_space_counts_where_postgresql_prints_what_was_written",
    ),
    "second_print_is_a_difference": Mutation(
        "app_schema.catalog.spelling",
        "return self._known[left] == self._known[right]",
        "return False",
        "tests/engine/test_reprinted.py tests/engine/drift/test_printed_again.py",
    ),
    # the kept snapshots
    "cache_believes_files_of_others": Mutation(
        "app_schema.catalog.cache",
        "if status.st_uid != os.geteuid() or status.st_mode & _WRITABLE_BY_OTHERS:",
        "if False:",
        f"{SCRATCH}::test_what_others_could_have_written_counts_for_nothing",
    ),
    "cache_believes_another_user": Mutation(
        "app_schema.catalog.cache",
        "status.st_uid != os.geteuid() or ",
        "",
        f"{SCRATCH}::test_files_of_another_user_count_for_nothing",
    ),
    "cache_believes_content_of_another_name": Mutation(
        "app_schema.catalog.cache",
        'hashlib.sha256(name.encode() + b"\\n" + payload)',
        "hashlib.sha256(payload)",
        f"{SCRATCH}::test_a_snapshot_of_other_models_under_this_name_counts_for_nothing",
    ),
    "cache_follows_a_link": Mutation(
        "app_schema.catalog.cache",
        "os.O_NOFOLLOW | ",
        "",
        f"{SCRATCH}::test_what_others_could_have_written_counts_for_nothing",
    ),
    # going back
    "rollback_counts_no_handwritten_statement": Mutation(
        "app_schema.loss",
        "by_hand += operation.lock == UNKNOWN",
        "pass",
        f"{LOSSES}::test_handwritten_statement_of_a_downgrade_needs_the_token",
    ),
    "token_fits_another_database": Mutation(
        "app_schema.loss",
        "[list(identity), *bound]",
        "[*bound]",
        f"{LOSSES}::test_token_of_one_database_does_not_fit_its_copy",
    ),
    "protection_is_no_loss": Mutation(
        "app_schema.loss",
        "bool(self.protections) or ",
        "",
        f"{PROTECTION}::test_protection_of_a_table_that_stays_is_a_loss",
    ),
    "renamed_table_is_not_followed": Mutation(
        "app_schema.loss",
        "            names.follow(operation)\n",
        "",
        f"{LOSSES}::test_table_that_an_earlier_step_renames_is_counted",
    ),
    "token_does_not_know_the_counts": Mutation(
        "app_schema.loss",
        "revisions, asdict(lost))",
        "revisions)",
        "tests/mued/cli/test_rollback.py::test_rows_are_lost_only_with_the_token_of_the_refusal",
    ),
}
