-- A first load writes its rows without secondary indexes and builds them afterwards, which costs a third of the time.
-- Both functions run in the load's transaction, and as the owner: a login that loads owns no table.

-- Indexes that a load has put off until its rows are there. A row lives no longer than its transaction, and only these
-- functions write it: a login that could write here could run any SQL as the owner.
CREATE TABLE tickets.bulk_loads (
    feed text PRIMARY KEY,
    definitions text[] NOT NULL
);

CREATE FUNCTION tickets.check_bulk_load() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM tickets.bulk_loads WHERE feed = NEW.feed) THEN
        RAISE EXCEPTION 'tickets.begin_bulk_load(%) was called without tickets.end_bulk_load', NEW.feed;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ended AFTER INSERT ON tickets.bulk_loads DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION tickets.check_bulk_load();

-- Drop the feed's indexes, and turn off the trigger that resolves places row by row. Only of a feed that was never
-- loaded: until the load ends, nobody can read the table. False, and nothing done, where the table has rows, is in use,
-- is not the owner's, or has triggers that fire at the end. Indexes of others stay, and so do those of the feed about
-- which more is known than their definition says.
CREATE FUNCTION tickets.begin_bulk_load(p_feed text) RETURNS boolean
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
            AND relname IN (p_feed || '_geog', p_feed || '_open', p_feed || '_closed', p_feed || '_closed_long',
                p_feed || '_created')
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

-- Build the indexes that begin_bulk_load() has dropped, and turn the trigger on again.
CREATE FUNCTION tickets.end_bulk_load(p_feed text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    put_off text[];
    definition text;
BEGIN
    DELETE FROM tickets.bulk_loads WHERE feed = p_feed RETURNING definitions INTO STRICT put_off;
    FOREACH definition IN ARRAY put_off LOOP
        EXECUTE definition;
    END LOOP;
    EXECUTE format('ALTER TABLE tickets.%I ENABLE TRIGGER resolve_place', p_feed);
END $$;
REVOKE ALL ON FUNCTION tickets.check_bulk_load(), tickets.begin_bulk_load(text), tickets.end_bulk_load(text) FROM PUBLIC;
