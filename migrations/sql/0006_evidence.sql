-- Times with an offset, numbers with declared separators, and long headers that are stored once.

-- A time as an instant: by its offset if it has one (`Z`, `+02`, `+0200`, `+02:00`), else in the zone.
CREATE FUNCTION tickets.instant(t text, zone text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    parts text[] := regexp_match(t, '^(.{16,26}?) ?(?:Z|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?)$');
    away interval;
BEGIN
    IF parts IS NULL THEN
        RETURN timezone(zone, tickets.local_ts(t));
    END IF;
    away := make_interval(hours => coalesce(parts[3], '0')::int, mins => coalesce(parts[4], '0')::int);
    RETURN timezone('UTC', tickets.local_ts(parts[1]) - CASE WHEN parts[2] = '-' THEN -away ELSE away END);
END $$;

-- A whole number with this decimal sign, and this separator (or none) between groups of three digits.
CREATE FUNCTION tickets.whole(t text, decimal_sign text, thousands text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    digits text := t;
BEGIN
    IF strpos(t, '_') > 0 THEN  -- which stands for the decimal sign below
        RETURN NULL;
    END IF;
    IF thousands = ' ' THEN  -- a space is often one that breaks no line
        digits := translate(digits, U&'\00A0\2009\202F', '   ');
    END IF;
    IF thousands = '''' THEN
        digits := translate(digits, U&'\2019', '''');
    END IF;
    IF thousands <> '' AND strpos(digits, thousands) > 0 THEN
        IF replace(digits, thousands, '_') !~ ('^[+-]?\d{1,3}(_\d{3})+([' || decimal_sign || ']\d*)?$') THEN
            RETURN NULL;
        END IF;
        digits := replace(digits, thousands, '');
    END IF;
    digits := replace(digits, decimal_sign, '_');
    IF digits ~ '^[+-]?\d{1,9}(_\d{0,20})?$' THEN
        RETURN round(replace(digits, '_', '.')::numeric)::integer;
    END IF;
    RETURN NULL;
END $$;

-- `1.234` may be a fraction or a thousand: without a declared decimal sign it is no number.
CREATE OR REPLACE FUNCTION tickets.whole(t text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF t <> '' AND length(t) < 10 AND translate(t, '0123456789', '') = '' THEN
        RETURN t::integer;
    END IF;
    IF t ~ '^[+-]?\d{1,9}(\.\d{0,20})?$' AND t !~ '^[+-]?[1-9]\d{0,2}\.\d{3}$' THEN
        RETURN round(t::numeric)::integer;
    END IF;
    RETURN NULL;
END $$;

-- Stored values do not change with a function: rewrite the few rows that it reads differently.
DO $$
DECLARE
    rewritten record;
BEGIN
    FOR rewritten IN
        SELECT a.attrelid::regclass AS feed_table, a.attname AS name, pg_get_expr(d.adbin, d.adrelid) AS expression
        FROM pg_attribute AS a JOIN pg_attrdef AS d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
        WHERE a.attgenerated = 's' AND pg_get_expr(d.adbin, d.adrelid) LIKE 'tickets.whole(%'
    LOOP
        EXECUTE format('UPDATE %s SET raw = raw WHERE %I IS DISTINCT FROM %s',
            rewritten.feed_table, rewritten.name, rewritten.expression);
    END LOOP;
END $$;

-- A long header is stored once, not with each record; a short one stays with its record, as before.
CREATE TABLE tickets.reject_headers (
    header_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed text NOT NULL,
    digest text NOT NULL,
    header text NOT NULL,
    UNIQUE (feed, digest)
);
ALTER TABLE tickets.rejects
    ADD COLUMN header_id bigint REFERENCES tickets.reject_headers,
    ADD COLUMN size bigint;  -- bytes of the record, where raw_text has only its beginning
