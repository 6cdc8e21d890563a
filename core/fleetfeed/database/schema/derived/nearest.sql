-- Open tickets by their distance from a point, as GeoJSON. Of those at one place the oldest come first. Its plan is kept,
-- as planning would take as long as the rest.
CREATE OR REPLACE FUNCTION reporting.fn_@feed@_nearest(
    p_lat double precision, p_lon double precision, p_limit integer DEFAULT 10
) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = @zone@
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column -- feeds may have a column of any name but those of variables
DECLARE
    v_here @postgis@.geography;
    v_reach double precision; -- metres
    payload json;
BEGIN
    PERFORM tickets.check_nearest(p_lat, p_lon, p_limit);
    v_here := @postgis@.st_setsrid(@postgis@.st_makepoint(p_lon, p_lat), 4326)::@postgis@.geography;
    PERFORM FROM tickets.@feed@_open_sla LIMIT 0; -- `migrate` locks the view while it replaces it: wait
    -- The index orders by distance and nothing else; many tickets can be at one place.
    SELECT max(@postgis@.st_distance(k.geog, v_here, false)) INTO v_reach
    FROM (
        SELECT t.geog FROM @table@ AS t WHERE @open@ AND t.geog IS NOT NULL
        ORDER BY t.geog OPERATOR(@postgis@.<->) v_here LIMIT p_limit
    ) AS k;
    WITH near AS MATERIALIZED (
        SELECT t.ticket_id, @postgis@.st_distance(t.geog, v_here, false) AS apart, @opened@ AS opened
        FROM @table@ AS t WHERE @open@ AND @postgis@.st_dwithin(t.geog, v_here, v_reach + 0.1, false)
        ORDER BY 2, 3, t.ticket_id
        LIMIT p_limit
    )
    SELECT json_build_object(
        'schema_version', 1,
        'generated_at', now(),
        'feed', @feed_text@,
        'at', json_build_object('latitude', p_lat, 'longitude', p_lon),
        'distance', 'straight line',
        'type', 'FeatureCollection',
        'features', coalesce((
            SELECT json_agg((
                SELECT @near_feature@ FROM tickets.@feed@_open_sla AS t WHERE t.ticket_id = n.ticket_id
            ) ORDER BY n.apart, n.opened, n.ticket_id)
            FROM near AS n
        ), '[]')
    ) INTO payload;
    RETURN payload;
END $$;
