"""Checks, exclusion, touch and seat triggers of the core tables.

Locks: ADD CONSTRAINT takes ACCESS EXCLUSIVE on each core table; every check scans its table, the exclusion
builds a GiST index over lesson_slots. CREATE TRIGGER takes SHARE ROW EXCLUSIVE. Rows that break a rule make
the revision fail: mend them first.

Downgrade: loses no rows. What is written afterwards is unchecked and takes no seats: recount
lesson_slots.current_capacity before the next upgrade.

Revision ID: 0003_core_checks_and_triggers
Revises: 0002_webhook_events_and_material_quality
"""

# lint: ignore[constraint-missing-not-valid]: a founding revision, its header says what waits

import sqlalchemy as sa

from app_schema import op

revision = "0003_core_checks_and_triggers"
down_revision = "0002_webhook_events_and_material_quality"
branch_labels = None
depends_on = None

EMPTY_SEARCH_PATH = {"search_path": "''"}

# table, name, condition
CHECKS = (
    ("users", "ck_users_role", "role IN ('student', 'mentor', 'admin')"),
    ("users", "ck_users_clerk_id_set", "clerk_id <> ''"),
    ("users", "ck_users_skills_array", "jsonb_typeof(skills) = 'array'"),
    ("subscriptions", "ck_subscriptions_plan", "plan IN ('freemium', 'starter', 'basic', 'premium')"),
    ("subscriptions", "ck_subscriptions_status", "status IN ('active', 'past_due', 'unpaid', 'cancelled')"),
    ("subscriptions", "ck_subscriptions_usage", "ai_materials_used >= 0 AND reservations_used >= 0"),
    ("subscriptions", "ck_subscriptions_period", "current_period_end > current_period_start"),
    ("subscriptions", "ck_subscriptions_metadata_object", "jsonb_typeof(metadata) = 'object'"),
    ("lesson_slots", "ck_lesson_slots_status", "status IN ('available', 'booked', 'cancelled')"),
    ("lesson_slots", "ck_lesson_slots_time", "end_time > start_time"),
    ("lesson_slots", "ck_lesson_slots_price", "price BETWEEN 0 AND 99999999.99"),
    ("lesson_slots", "ck_lesson_slots_max_capacity", "max_capacity > 0"),
    ("lesson_slots", "ck_lesson_slots_current_capacity", "current_capacity BETWEEN 0 AND max_capacity"),
    ("lesson_slots", "ck_lesson_slots_tags_array", "jsonb_typeof(tags) = 'array'"),
    ("lesson_slots", "ck_lesson_slots_metadata_object", "jsonb_typeof(metadata) = 'object'"),
    (
        "reservations",
        "ck_reservations_status",
        "status IN ('pending', 'approved', 'paid', 'completed', 'cancelled')",
    ),
    (
        "reservations",
        "ck_reservations_payment_status",
        (
            "payment_status IN ('pending', 'processing', 'completed', 'failed', 'refunded', "
            "'partial_refund', 'cancelled')"
        ),
    ),
    ("reservations", "ck_reservations_amount", "amount BETWEEN 0 AND 99999999.99"),
    ("reservations", "ck_reservations_parties", "student_id <> mentor_id"),
    (
        "materials",
        "ck_materials_type",
        (
            "type IN ('video', 'pdf', 'text', 'interactive', 'quiz', 'music', 'summary', 'flashcards', "
            "'practice')"
        ),
    ),
    ("materials", "ck_materials_difficulty", "difficulty IN ('beginner', 'intermediate', 'advanced')"),
    ("materials", "ck_materials_quality_status", "quality_status IN ('pending', 'draft', 'approved')"),
    ("materials", "ck_materials_playability_score", "playability_score BETWEEN 0 AND 10"),
    ("materials", "ck_materials_learning_value_score", "learning_value_score BETWEEN 0 AND 10"),
    ("materials", "ck_materials_view_count", "view_count >= 0"),
    ("materials", "ck_materials_tags_array", "jsonb_typeof(tags) = 'array'"),
    ("materials", "ck_materials_metadata_object", "jsonb_typeof(metadata) = 'object'"),
    ("materials", "ck_materials_abc_analysis_object", "jsonb_typeof(abc_analysis) = 'object'"),
    ("messages", "ck_messages_parties", "sender_id <> receiver_id"),
    ("messages", "ck_messages_attachments_array", "jsonb_typeof(attachments) = 'array'"),
)

TOUCHED = ("users", "subscriptions", "lesson_slots", "reservations", "materials")

SYNC_SLOT_SEATS = """\
DECLARE
  held_before boolean := TG_OP <> 'INSERT' AND OLD.status <> 'cancelled';
  held_now    boolean := TG_OP <> 'DELETE' AND NEW.status <> 'cancelled';
BEGIN
  IF TG_OP = 'UPDATE' AND held_before AND held_now AND OLD.slot_id = NEW.slot_id THEN
    RETURN NULL;
  END IF;
  IF held_before THEN
    UPDATE public.lesson_slots AS s
       SET current_capacity = greatest(s.current_capacity - 1, 0),
           status = CASE s.status WHEN 'booked' THEN 'available' ELSE s.status END
     WHERE s.id = OLD.slot_id;
  END IF;
  IF held_now THEN
    UPDATE public.lesson_slots AS s
       SET current_capacity = s.current_capacity + 1,
           status = CASE WHEN s.current_capacity + 1 >= s.max_capacity THEN 'booked' ELSE s.status END
     WHERE s.id = NEW.slot_id
       AND s.status <> 'cancelled'
       AND s.current_capacity < s.max_capacity;
    IF NOT FOUND THEN
      RAISE EXCEPTION USING
        ERRCODE = 'check_violation',
        MESSAGE = format('slot %s has no free seat', NEW.slot_id),
        TABLE = 'reservations', CONSTRAINT = 'tr_reservations_seats';
    END IF;
  END IF;
  RETURN NULL;
END"""

STAMP_COMPLETED_AT = """\
BEGIN
  NEW.completed_at := now();
  RETURN NEW;
END"""


def upgrade() -> None:
    for table, name, condition in CHECKS:
        op.create_check_constraint(op.f(name), table, sa.text(condition), schema="public")
    # Half-open ranges: one lesson may start when the one before ends.
    op.create_exclude_constraint(
        op.f("ex_lesson_slots_mentor_id_time"),
        "lesson_slots",
        (sa.column("mentor_id"), "="),
        (sa.literal_column("tstzrange(start_time, end_time)"), "&&"),
        where=sa.text("status <> 'cancelled'"),
        using="gist",
        schema="public",
    )

    op.create_function(
        "sync_slot_seats",
        SYNC_SLOT_SEATS,
        returns="trigger",
        language="plpgsql",
        volatility="VOLATILE",
        security="DEFINER",
        settings=EMPTY_SEARCH_PATH,
        execute=(),
        schema="app",
    )
    op.create_function(
        "stamp_completed_at",
        STAMP_COMPLETED_AT,
        returns="trigger",
        language="plpgsql",
        volatility="VOLATILE",
        security="INVOKER",
        settings=EMPTY_SEARCH_PATH,
        execute=(),
        schema="app",
    )

    for table in TOUCHED:
        op.create_trigger(
            f"tr_{table}_touch",
            table,
            before="UPDATE",
            for_each="ROW",
            execute="app.touch_updated_at()",
            schema="public",
        )
    op.create_trigger(
        "tr_reservations_seats",
        "reservations",
        after=["INSERT", "UPDATE OF slot_id, status", "DELETE"],
        for_each="ROW",
        execute="app.sync_slot_seats()",
        schema="public",
    )
    op.create_trigger(
        "tr_reservations_stamp",
        "reservations",
        before=["INSERT", "UPDATE OF status"],
        for_each="ROW",
        when="NEW.status = 'completed' AND NEW.completed_at IS NULL",
        execute="app.stamp_completed_at()",
        schema="public",
    )


def downgrade() -> None:
    op.drop_trigger("tr_reservations_stamp", "reservations", schema="public")
    op.drop_trigger("tr_reservations_seats", "reservations", schema="public")
    for table in reversed(TOUCHED):
        op.drop_trigger(f"tr_{table}_touch", table, schema="public")

    op.drop_function("stamp_completed_at", schema="app")
    op.drop_function("sync_slot_seats", schema="app")

    op.drop_constraint(op.f("ex_lesson_slots_mentor_id_time"), "lesson_slots", schema="public")
    for table, name, _ in reversed(CHECKS):
        op.drop_constraint(op.f(name), table, type_="check", schema="public")
