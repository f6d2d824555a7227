"""Seats, and who may book them."""

from app_schema.ddl import Function
from app_schema.mued.models.roles import SIGNED_IN
from app_schema.mued.models.sql import sql

# After trigger of reservations: a row that is not cancelled occupies one seat. A single UPDATE checks and
# counts, because a separate check would not see seats that another transaction commits meanwhile; raises if
# the slot is full or cancelled. Definer, because students hold no privilege to update slots.
SYNC_SLOT_SEATS = Function(
    "sync_slot_seats",
    sql("""
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
        END
    """),
    returns="trigger",
    security="DEFINER",
    execute=(),
    schema="app",
)

# Before trigger of reservations: sets completed_at when the status becomes completed and the time is NULL.
STAMP_COMPLETED_AT = Function(
    "stamp_completed_at",
    sql("""
        BEGIN
          NEW.completed_at := now();
          RETURN NEW;
        END
    """),
    returns="trigger",
    execute=(),
    schema="app",
)

# Slots for which the signed-in person has a reservation, cancelled ones included.
MY_BOOKED_SLOTS = Function(
    "my_booked_slots",
    sql("""
        SELECT DISTINCT r.slot_id
          FROM public.reservations AS r
         WHERE r.student_id = app.current_user_id()
    """),
    returns="SETOF uuid",
    language="sql",
    volatility="STABLE",
    security="DEFINER",
    execute=SIGNED_IN,
    schema="app",
)

# Is the slot open, in the future, with a free seat, of this mentor and at this price?
CAN_BOOK = Function(
    "can_book",
    sql("""
        SELECT EXISTS (
          SELECT 1
            FROM public.lesson_slots AS s
           WHERE s.id = p_slot
             AND s.mentor_id = p_mentor
             AND s.price = p_amount
             AND s.status = 'available'
             AND s.start_time > now()
             AND s.current_capacity < s.max_capacity)
    """),
    arguments="p_slot uuid, p_mentor uuid, p_amount numeric",
    returns="boolean",
    language="sql",
    volatility="STABLE",
    security="DEFINER",
    execute=SIGNED_IN,
    schema="app",
)
