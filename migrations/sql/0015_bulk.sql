-- As of 0011, with the index of open tickets by place.

-- Drop the feed's indexes, and turn off the trigger that resolves places row by row. Only of a feed that was never
-- loaded: until the load ends, nobody can read the table. False, and nothing done, where the table has rows, is in use,
-- is not the owner's, or has triggers that fire at the end. Indexes of others stay, and so do those of the feed about
-- which more is known than their definition says.
CREATE OR REPLACE FUNCTION tickets.begin_bulk_load(p_feed text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    feed_table regclass := to_regclass(format('tickets.%I', p_feed));
    filled boolean;
    put_off record;
BEGIN
    IF feed_table IS NULL
        OR NOT EXISTS (SELECT FROM tickets.feed_schemas WHERE feed = p_feed)
        OR EXISTS (SELECT FROM tickets.import_meta WHERE feed = p_feed AND metadata ? 'loaded_at')
        OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = feed_table AND tgdeferrable)
        OR NOT EXISTS (
            SELECT FROM pg_trigger WHERE tgrelid = feed_table AND tgname = 'resolve_place' AND tgenabled = 'O')
    THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', feed_table);
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', feed_table) INTO filled;
    IF filled THEN
        RAISE lock_not_available;  -- gives the lock back
    END IF;
    INSERT INTO tickets.bulk_loads VALUES (p_feed, '{}');
    FOR put_off IN
        SELECT indexrelid::regclass AS index, pg_get_indexdef(indexrelid) AS definition
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE indrelid = feed_table AND NOT (indisunique OR indisclustered OR indisreplident) AND reltablespace = 0
            AND relname IN (p_feed || '_geog', p_feed || '_open', p_feed || '_open_geog', p_feed || '_closed',
                p_feed || '_closed_long', p_feed || '_created')
            AND obj_description(indexrelid, 'pg_class') IS NULL
            AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
            AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = indexrelid AND attstattarget > 0)
        ORDER BY indexrelid
    LOOP
        EXECUTE format('DROP INDEX %s', put_off.index);
        UPDATE tickets.bulk_loads SET definitions = definitions || put_off.definition WHERE feed = p_feed;
    END LOOP;
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER resolve_place', feed_table);
    RETURN true;
EXCEPTION
    WHEN lock_not_available OR insufficient_privilege OR dependent_objects_still_exist OR object_in_use THEN
        RETURN false;
END $$;
