-- A first load writes its rows without secondary indexes and builds them afterwards, which costs a third of the time.
-- Both functions run in the load's transaction, and as the owner: a login that loads owns no table.

-- Indexes that a load has put off until its rows are there. Filled and emptied in one transaction, by these functions
-- alone: a login that could write here could run any SQL as the owner.
CREATE TABLE tickets.bulk_loads (
    feed text PRIMARY KEY,
    definitions text[] NOT NULL
);

-- Drop the indexes of an empty feed table, and turn off the trigger that resolves places row by row. False, and nothing
-- done, where the table has rows, is in use, or is not the owner's.
CREATE FUNCTION tickets.begin_bulk_load(p_feed text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    feed_table regclass := to_regclass(format('tickets.%I', p_feed));
    filled boolean;
    put_off record;
BEGIN
    IF feed_table IS NULL OR NOT EXISTS (SELECT FROM tickets.feed_schemas WHERE feed = p_feed) THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', feed_table);
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', feed_table) INTO filled;
    IF filled THEN
        RETURN false;
    END IF;
    INSERT INTO tickets.bulk_loads
    SELECT p_feed, coalesce(array_agg(pg_get_indexdef(indexrelid) ORDER BY indexrelid), '{}') FROM pg_index
    WHERE indrelid = feed_table AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid);
    FOR put_off IN
        SELECT indexrelid::regclass AS index FROM pg_index
        WHERE indrelid = feed_table AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    LOOP
        EXECUTE format('DROP INDEX %s', put_off.index);
    END LOOP;
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER resolve_place', feed_table);
    RETURN true;
EXCEPTION
    WHEN lock_not_available OR insufficient_privilege OR dependent_objects_still_exist THEN
        RETURN false;
END $$;

-- Build the indexes that begin_bulk_load() has dropped, and turn the trigger on again.
CREATE FUNCTION tickets.end_bulk_load(p_feed text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    put_off text;
BEGIN
    FOR put_off IN
        WITH ended AS (DELETE FROM tickets.bulk_loads WHERE feed = p_feed RETURNING definitions)
        SELECT unnest(definitions) FROM ended
    LOOP
        EXECUTE put_off;
    END LOOP;
    EXECUTE format('ALTER TABLE tickets.%I ENABLE TRIGGER resolve_place', p_feed);
END $$;
REVOKE ALL ON FUNCTION tickets.begin_bulk_load(text), tickets.end_bulk_load(text) FROM PUBLIC;
