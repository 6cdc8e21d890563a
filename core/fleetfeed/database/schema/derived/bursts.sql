-- Open tickets of the last hours that lie together, and are more than is usual there: probably one cause. Null in `off`
-- means that bursts can be found; where most places are only areas, tickets lie together by their geocoding alone.
CREATE OR REPLACE FUNCTION tickets.@feed@_bursts(
    p_hours integer, p_radius_m double precision, p_min_tickets integer, p_times_usual double precision
) RETURNS json
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET TimeZone = @zone@ AS $$
#variable_conflict use_column -- feeds may have a column of any name but those of variables
DECLARE
    v_until timestamptz; -- what the loaded export is of
    v_since timestamptz;
    v_precise constant text[] := '{feed,venue,building,street}'; -- a coarser place is the middle of many
    v_degree constant double precision := 111195; -- metres
    v_narrower double precision; -- a degree of longitude than one of latitude, where the tickets lie
    v_recent bigint;
    v_exact bigint;
    payload json;
BEGIN
    IF p_hours NOT BETWEEN 1 AND 168 OR p_radius_m NOT BETWEEN 1 AND 20000 OR p_min_tickets NOT BETWEEN 2 AND 1000
        OR p_times_usual NOT BETWEEN 1 AND 1000 OR num_nulls(p_hours, p_radius_m, p_min_tickets, p_times_usual) > 0
    THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'a threshold is out of range',
            HINT = 'Hours: 1 to 168; radius: 1 to 20000 m; tickets: 2 to 1000; times the usual: 1 to 1000.';
    END IF;
    SELECT least(coalesce(data_as_of, now()), now()) INTO v_until FROM tickets.freshness(@feed_text@, now());
    v_since := v_until - p_hours * interval '1 hour';
    SELECT count(*), count(*) FILTER (WHERE geo_precision = ANY (v_precise)),
        cos(radians(avg(latitude)))
    INTO v_recent, v_exact, v_narrower
    FROM tickets.@feed@_open_sla WHERE age_since > v_since AND age_since <= v_until;
    WITH recent AS MATERIALIZED (
        SELECT t.ticket_id, t.age_since, t.geom, @bucket_of(t.)@ AS kind, @cluster_of(t.)@ AS cluster,
            @postgis@.st_makepoint(t.longitude * v_degree * v_narrower, t.latitude * v_degree) AS planar -- metres
        FROM tickets.@feed@_open_sla AS t
        WHERE t.age_since > v_since AND t.age_since <= v_until AND t.geo_precision = ANY (v_precise)
            AND v_exact * 2 >= v_recent
    ), grouped AS (
        SELECT recent.*, @postgis@.st_clusterdbscan(planar, p_radius_m, p_min_tickets) OVER (ORDER BY ticket_id) AS lump
        FROM recent
    ), lumps AS MATERIALIZED (
        SELECT (array_agg(ticket_id ORDER BY age_since, ticket_id))[1] AS lead, count(*) AS n,
            min(age_since) AS first_at, max(age_since) AS last_at,
            (@postgis@.st_minimumboundingradius(@postgis@.st_collect(planar))).center AS centre,
            @postgis@.st_collect(geom) AS places,
            array_agg(ticket_id ORDER BY age_since, ticket_id) AS ids,
            mode() WITHIN GROUP (ORDER BY cluster) AS cluster,
            mode() WITHIN GROUP (ORDER BY kind) AS kind
        FROM grouped WHERE lump IS NOT NULL GROUP BY lump
    ), ringed AS MATERIALIZED ( -- around all of its tickets: by the sphere, as the plane is only exact at its middle
        SELECT lumps.*, ring.middle, (
            SELECT max(@postgis@.st_distance(ring.middle::@postgis@.geography, place.geom::@postgis@.geography, false))
            FROM @postgis@.st_dump(lumps.places) AS place
        ) AS radius
        FROM lumps CROSS JOIN LATERAL (SELECT @postgis@.st_setsrid(@postgis@.st_makepoint(
            @postgis@.st_x(centre) / (v_degree * v_narrower), @postgis@.st_y(centre) / v_degree
        ), 4326) AS middle OFFSET 0) AS ring
    ), judged AS (
        SELECT ringed.*, usual.n * p_hours / (28 * 24.0) AS expected
        FROM ringed CROSS JOIN LATERAL ( -- what began there in the four weeks before
            SELECT count(*) AS n FROM @table@ AS t
            WHERE @opened_of(t.)@ > v_since - interval '28 days' AND @opened_of(t.)@ <= v_since
                AND t.geo_precision = ANY (v_precise) AND @postgis@.st_dwithin(
                    t.geog, ringed.middle::@postgis@.geography, ringed.radius + p_radius_m, false)
        ) AS usual
    )
    SELECT json_build_object(
        'schema_version', 1,
        'generated_at', now(),
        'data_as_of', v_until,
        'feed', @feed_text@,
        'since', v_since,
        'off', CASE WHEN v_exact * 2 < v_recent THEN
            format('places are too coarse: %s of %s recent tickets have a place of their own', v_exact, v_recent) END,
        'bursts', coalesce((
            SELECT json_agg(json_build_object(
                'burst', lead, 'n', n, 'expected', round(expected::numeric, 2), 'first_at', first_at, 'last_at', last_at,
                'latitude', @postgis@.st_y(middle), 'longitude', @postgis@.st_x(middle),
                'radius_m', ceil(radius), 'cluster', cluster, 'kind', kind, 'ticket_ids', ids,
                'text', format('%s tickets within %s m since %s, %s usual there: probably one cause', n,
                    ceil(radius * 2), to_char(first_at, 'FMDD Mon HH24:MI'), round(expected::numeric, 1))
            ) ORDER BY n DESC, lead)
            FROM judged WHERE n >= p_times_usual * expected
        ), '[]')
    ) INTO payload;
    RETURN payload;
END $$;
