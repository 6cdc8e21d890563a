-- What readers ask of every feed, and of the project's first feed where none is named.

-- The feed that a reader means: one with tables, by default the first of fleetfeed.toml.
CREATE FUNCTION tickets.feed_asked(p_feed text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked text;
BEGIN
    SELECT feed INTO asked FROM tickets.feed_schemas LEFT JOIN tickets.feed_settings USING (feed)
    WHERE p_feed IS NULL OR feed = left(p_feed, 100) ORDER BY place NULLS LAST, feed LIMIT 1;
    IF asked IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('there is no feed %L', left(p_feed, 100)),
            HINT = coalesce('p_feed is one of: ' || (SELECT string_agg(feed, ', ' ORDER BY feed)
                FROM tickets.feed_schemas) || '.', 'Run `fleetfeed migrate` first.');
    END IF;
    RETURN asked;
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
    asked := tickets.feed_asked(p_feed);
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

-- How far to trust what is shown of a feed. Cheap: a page asks it before it asks for a document.
CREATE FUNCTION reporting.fn_freshness(p_feed text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
DECLARE
    asked text := tickets.feed_asked(p_feed);
    payload json;
BEGIN
    -- Times in the feed's zone; the setting ends with the function.
    PERFORM set_config('TimeZone', timezone, true) FROM tickets.feed_settings WHERE feed = asked;
    SELECT json_build_object(
        'schema_version', 1,
        'generated_at', now(),
        'feed', asked,
        'data_as_of', f.data_as_of,
        'freshness', f.freshness,
        'concerns', to_json(tickets.concerns(asked)),
        'rejects', (SELECT count(*) FROM tickets.rejects WHERE feed = asked AND resolved_at IS NULL)
    ) INTO payload FROM tickets.freshness(asked, now()) AS f;
    RETURN payload;
END $$;

REVOKE ALL ON FUNCTION tickets.feed_asked(text), reporting.fn_freshness(text) FROM PUBLIC;
