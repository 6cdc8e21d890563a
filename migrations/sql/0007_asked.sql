-- Arguments of the functions for readers are bounded: each text is compared with every ticket.
CREATE FUNCTION tickets.check_asked(p_cluster text, p_status text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    too_long text := CASE WHEN octet_length(p_cluster) > 1000000 THEN 'p_cluster'
        WHEN octet_length(p_status) > 1000000 THEN 'p_status' END;
BEGIN
    IF too_long IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('%s is longer than 1,000,000 bytes', too_long),
            HINT = 'Pass a name as the tickets have it.';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION reporting.fn_tickets_for_map(
    p_feed text DEFAULT NULL, p_cluster text DEFAULT NULL, p_status text DEFAULT NULL, p_limit integer DEFAULT 5000
) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked text;
    payload json;
BEGIN
    PERFORM tickets.check_asked(p_cluster, p_status);
    SELECT feed INTO asked FROM tickets.feed_schemas LEFT JOIN tickets.feed_settings USING (feed)
    WHERE p_feed IS NULL OR feed = left(p_feed, 100) ORDER BY place NULLS LAST, feed LIMIT 1;
    IF asked IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('there is no feed %L', left(p_feed, 100)),
            HINT = coalesce('p_feed is one of: ' || (SELECT string_agg(feed, ', ' ORDER BY feed)
                FROM tickets.feed_schemas) || '.', 'Run `fleetfeed migrate` first.');
    END IF;
    IF p_limit IS NULL OR p_limit < 0 THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'p_limit is no count', HINT = 'Pass 0 or more.';
    ELSIF p_limit > 100000 THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'p_limit is more than 100,000', HINT = 'Pass less, and a filter.';
    END IF;
    -- `migrate` locks the view while it replaces it and what reads it: wait, and only then look up the function.
    EXECUTE format('SELECT FROM tickets.%I LIMIT 0', asked || '_open_sla');
    EXECUTE format('SELECT tickets.%I($1, $2, $3)', asked || '_map') INTO payload USING p_cluster, p_status, p_limit;
    RETURN payload;
END $$;

REVOKE ALL ON FUNCTION tickets.check_asked(text, text) FROM PUBLIC;
