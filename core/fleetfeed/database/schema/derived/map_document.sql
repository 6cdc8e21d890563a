    WITH found AS MATERIALIZED (
        SELECT ticket_id, @status@ AS status, @cluster@ AS cluster, geom IS NOT NULL AS mapped, @opened@ AS opened,
            @open@ AS open, @not_closed@ AND absent_since IS NOT NULL AS absent
        FROM @source@
        WHERE @in_cluster@ AND @in_status@
    ), shown AS (
        SELECT * FROM found ORDER BY @kept_first@opened DESC NULLS LAST, ticket_id LIMIT p_limit
    )
    SELECT json_build_object(
        'type', 'FeatureCollection',@also@
        'features', coalesce((
            SELECT json_agg(@feature@ ORDER BY shown.opened DESC NULLS LAST, shown.ticket_id)
            FROM shown JOIN @source@ AS t USING (ticket_id)
            LEFT JOIN @aged@ AS v USING (ticket_id)
        ), '[]'),
        'summary', json_build_object(
            'total', (SELECT count(*) FROM found),
            'mapped', (SELECT count(*) FROM found WHERE mapped),
            'unmapped', (SELECT count(*) FROM found WHERE NOT mapped),
            'open_absent', (SELECT count(*) FROM found WHERE absent),
            'truncated', (SELECT greatest(0, count(*) - p_limit) FROM found),
            'by_status', coalesce((
                SELECT json_object_agg(name, n ORDER BY n DESC, name)
                FROM (SELECT coalesce(status, '(none)') AS name, count(*) AS n FROM found GROUP BY 1) AS s
            ), '{}'),
            'by_cluster', coalesce((
                SELECT json_object_agg(name, n ORDER BY n DESC, name)
                FROM (SELECT coalesce(cluster, '(none)') AS name, count(*) AS n FROM found GROUP BY 1) AS c
            ), '{}'),
            'freshness', @trust@
        )
    )
