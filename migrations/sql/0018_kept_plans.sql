-- Of a plan only which unit takes which ticket at which stop is kept: positions of employees are not.
CREATE FUNCTION tickets.kept_plan(p_plan json) RETURNS json
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT json_build_object('assignments', coalesce(json_agg(json_build_object(
        'unit', pair ->> 'unit', 'ticket_id', pair ->> 'ticket_id', 'stop', (pair ->> 'stop')::integer)), '[]'))
    FROM json_array_elements(p_plan -> 'assignments') AS pair
$$;
UPDATE tickets.dispatch_plans SET plan = tickets.kept_plan(plan);
ALTER TABLE tickets.dispatch_plans DROP COLUMN inputs_digest;

-- Keep a plan, from which the next one differs only where that saves enough; of each feed the newest hundred stay.
DROP FUNCTION tickets.save_plan(text, text, json);
CREATE FUNCTION tickets.save_plan(p_feed text, p_plan json) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM tickets.dispatch_plans WHERE feed = p_feed AND plan_id NOT IN (
        SELECT plan_id FROM tickets.dispatch_plans WHERE feed = p_feed ORDER BY plan_id DESC LIMIT 99
    );
    INSERT INTO tickets.dispatch_plans (feed, plan) VALUES (p_feed, tickets.kept_plan(p_plan)) RETURNING plan_id
$$;

-- Decide something by hand until a time; return its number. `pin`, `not`: a unit and a ticket; `off`: one of the two.
CREATE OR REPLACE FUNCTION tickets.hold_dispatch(
    p_kind text, p_unit text, p_feed text, p_ticket_id text, p_until timestamptz, p_why text, p_by text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked text := CASE WHEN p_ticket_id IS NOT NULL THEN tickets.feed_asked(p_feed) END;
    is_known boolean := true;
    made bigint;
BEGIN
    IF p_ticket_id IS NOT NULL THEN
        EXECUTE format('SELECT reporting.%I($1) IS NOT NULL', 'fn_' || asked || '_ticket') INTO is_known USING p_ticket_id;
    END IF;
    IF p_unit IS NOT NULL AND NOT EXISTS (SELECT FROM tickets.units AS u WHERE u.unit = p_unit) THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('there is no unit %L', left(p_unit, 100)),
            HINT = '`fleetfeed units list` shows all.';
    ELSIF NOT is_known THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = format('there is no ticket %L in feed %L', left(p_ticket_id, 100), asked),
            HINT = 'Pass its key as the export has it.';
    ELSIF (p_kind IN ('pin', 'not') AND p_unit IS NOT NULL AND p_ticket_id IS NOT NULL
        OR p_kind = 'off' AND num_nonnulls(p_unit, p_ticket_id) = 1) IS NOT TRUE
    THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'a hold needs a unit and a ticket (pin, not), or either a unit or a ticket (off)',
            HINT = 'Name what it is about.';
    ELSIF (p_until > now() AND p_until < now() + interval '1 year') IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'the end of a hold is not within a year from now',
            HINT = 'Pass a time of the future.';
    ELSIF (btrim(p_why) <> '' AND length(p_why) <= 1000) IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'a hold needs a reason of up to 1,000 characters',
            HINT = 'Say why: it is shown in the plan.';
    END IF;
    INSERT INTO tickets.dispatch_holds (kind, unit, feed, ticket_id, until, by, why)
    VALUES (p_kind, p_unit, asked, p_ticket_id, p_until, p_by, btrim(p_why))
    RETURNING hold_id INTO made;
    RETURN made;
END $$;

-- End a hold now; whether there was one that still counted. With a feed: only one that counts for it.
DROP FUNCTION tickets.end_hold(bigint);
CREATE FUNCTION tickets.end_hold(p_hold_id bigint, p_feed text DEFAULT NULL) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH ended AS (
        UPDATE tickets.dispatch_holds SET until = greatest(clock_timestamp(), made_at + interval '1 microsecond')
        WHERE hold_id = p_hold_id AND until > clock_timestamp() AND (p_feed IS NULL OR coalesce(feed, p_feed) = p_feed)
        RETURNING hold_id
    )
    SELECT EXISTS (SELECT FROM ended)
$$;

REVOKE ALL ON FUNCTION tickets.kept_plan(json), tickets.save_plan(text, json), tickets.end_hold(bigint, text) FROM PUBLIC;
