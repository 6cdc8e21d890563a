-- What dispatchers decide by hand, and the plans that they keep.

ALTER TABLE tickets.alarms DROP CONSTRAINT alarms_alarm_check,
    ADD CONSTRAINT alarms_alarm_check CHECK (alarm IN ('run', 'freshness', 'content', 'bursts'));

-- The holds that count now: those of units, and those of tickets of this feed.
CREATE FUNCTION tickets.holds(p_feed text) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(json_agg(json_build_object('hold_id', h.hold_id, 'kind', h.kind, 'unit', h.unit,
        'ticket_id', h.ticket_id, 'until', h.until, 'by', h.by, 'why', h.why, 'made_at', h.made_at) ORDER BY h.hold_id), '[]')
    FROM tickets.dispatch_holds AS h WHERE h.until > now() AND (h.feed IS NULL OR h.feed = p_feed)
$$;

-- Decide something by hand until a time; return its number. `pin`, `not`: a unit and a ticket; `off`: one of the two.
CREATE FUNCTION tickets.hold_dispatch(
    p_kind text, p_unit text, p_feed text, p_ticket_id text, p_until timestamptz, p_why text, p_by text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    IF p_unit IS NOT NULL AND NOT EXISTS (SELECT FROM tickets.units AS u WHERE u.unit = p_unit) THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('there is no unit %L', left(p_unit, 100)),
            HINT = '`fleetfeed units list` shows all.';
    ELSIF (p_kind IN ('pin', 'not') AND p_unit IS NOT NULL AND p_ticket_id IS NOT NULL
        OR p_kind = 'off' AND num_nonnulls(p_unit, p_ticket_id) = 1) IS NOT TRUE
    THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'a hold is pin or not, of a unit and a ticket, or off, of one of them',
            HINT = 'Name what it is about.';
    ELSIF (p_until > now() AND p_until < now() + interval '1 year') IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'the end of a hold is not within a year from now',
            HINT = 'Pass a time of the future.';
    ELSIF (btrim(p_why) <> '' AND length(p_why) <= 1000) IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'a hold needs a reason of up to 1,000 characters',
            HINT = 'Say why: it is shown in the plan.';
    END IF;
    INSERT INTO tickets.dispatch_holds (kind, unit, feed, ticket_id, until, by, why)
    VALUES (p_kind, p_unit, CASE WHEN p_ticket_id IS NOT NULL THEN tickets.feed_asked(p_feed) END, p_ticket_id, p_until,
        p_by, btrim(p_why))
    RETURNING hold_id INTO made;
    RETURN made;
END $$;

-- End a hold now; whether there was one that still counted.
CREATE FUNCTION tickets.end_hold(p_hold_id bigint) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH ended AS (
        UPDATE tickets.dispatch_holds SET until = greatest(clock_timestamp(), made_at + interval '1 microsecond')
        WHERE hold_id = p_hold_id AND until > clock_timestamp() RETURNING hold_id
    )
    SELECT EXISTS (SELECT FROM ended)
$$;

-- Keep a plan, from which the next one differs only where that saves enough; of each feed the newest hundred stay.
CREATE FUNCTION tickets.save_plan(p_feed text, p_inputs_digest text, p_plan json) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM tickets.dispatch_plans WHERE feed = p_feed AND plan_id NOT IN (
        SELECT plan_id FROM tickets.dispatch_plans WHERE feed = p_feed ORDER BY plan_id DESC LIMIT 99
    );
    INSERT INTO tickets.dispatch_plans (feed, inputs_digest, plan) VALUES (p_feed, p_inputs_digest, p_plan)
    RETURNING plan_id
$$;

REVOKE ALL ON FUNCTION tickets.holds(text),
    tickets.hold_dispatch(text, text, text, text, timestamptz, text, text), tickets.end_hold(bigint),
    tickets.save_plan(text, text, json) FROM PUBLIC;
