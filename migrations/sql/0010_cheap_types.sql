-- The functions of generated columns, several times as fast. They give the same answer for every text, so stored values
-- stay right and no table is rewritten: tests/database/schema/test_sql_functions.py compares them with the old bodies.

-- A common time is recognised by its parts, which PostgreSQL looks up in hashed lists; the rest goes the long way.
-- 29 February is in no list, as it is not in every year.
DO $do$
DECLARE
    years text := (SELECT string_agg(quote_literal(y), ',') FROM generate_series(1970, 2199) AS y);
    days text := (SELECT string_agg(quote_literal(to_char(d, '-MM-DD')), ',')
        FROM generate_series('2001-01-01'::timestamp, '2001-12-31', '1 day') AS d);
    minutes text := (SELECT string_agg(quote_literal(separator || to_char(m, 'HH24:MI')), ',')
        FROM generate_series('2001-01-01'::timestamp, '2001-01-01 23:59', '1 minute') AS m,
            unnest(ARRAY[' ', 'T']) AS separator);
    seconds text := (SELECT string_agg(quote_literal(to_char(s, 'FM:00')), ',') FROM generate_series(0, 59) AS s);
BEGIN
    EXECUTE format($format$
CREATE OR REPLACE FUNCTION tickets.local_ts(t text) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF left(t, 4) IN (%s)
        AND substr(t, 5, 6) IN (%s)
        AND substr(t, 11, 6) IN (%s)
        AND substr(t, 17) IN (%s)
    THEN
        RETURN t::timestamp;
    END IF;
    IF t !~ '^(19[789]|2[01]\d)\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$'
        OR substr(t, 9, 2)::int > extract(day FROM
            make_date(substr(t, 1, 4)::int, substr(t, 6, 2)::int, 1) + interval '1 month - 1 day')
    THEN
        RETURN NULL;
    END IF;
    RETURN t::timestamp;
END $$
    $format$, years, days, minutes, seconds);
END $do$;

-- `536` and `536.0` without a regular expression.
CREATE OR REPLACE FUNCTION tickets.whole(t text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF length(t) BETWEEN 1 AND 9 AND translate(t, '0123456789', '') = '' THEN
        RETURN t::integer;
    END IF;
    IF length(t) BETWEEN 3 AND 11 AND right(t, 2) = '.0' AND translate(left(t, -2), '0123456789', '') = '' THEN
        RETURN left(t, -2)::integer;
    END IF;
    IF t ~ '^[+-]?\d{1,9}(\.\d{0,20})?$' AND t !~ '^[+-]?[1-9]\d{0,2}\.\d{3}$' THEN
        RETURN round(t::numeric)::integer;
    END IF;
    RETURN NULL;
END $$;
