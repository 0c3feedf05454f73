# Whatever the version and however it is written: no literal of production gets into a workload.
# A marker stands in every place a value can have, in the grammar of every major; a version that
# does not know a statement refuses it, which costs nothing. PGREHEARSE_POSTGRES_BINDIRS says where
# the servers are.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Files;
use IPC::Run qw(run start finish timeout);
use JSON::PP;
use Test::More;

my $pgrehearse = $ENV{PGREHEARSE} or plan skip_all => 'PGREHEARSE is not set';
my %bindir = map { split /=/, $_, 2 } split /:/, $ENV{PGREHEARSE_POSTGRES_BINDIRS} // '';
my ($initdb) = grep { -x } map { "$_/initdb" } split /:/, $ENV{PATH};
$bindir{$1} //= dirname($initdb) if $initdb && qx($initdb --version) =~ / (\d+)\./;

my $dir = tempdir('pgrehearse-literals.XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0711, $dir;
delete @ENV{grep { /^PG/ && !/^PGREHEARSE/ } keys %ENV};
my $major; # whose lab is up

sub pgrehearse
{
	my @command = @_;
	my ($out, $err) = ('', '');
	run([ $pgrehearse, @command ], \undef, \$out, \$err, timeout(150));
	return ($? >> 8, $out, $err);
}

sub lab { return pgrehearse('lab', shift, '--dir', "$dir/$major", @_) }

sub connect_to_lab
{
	my (undef, $out) = lab('env');
	my ($host, $port) = $out =~ /PGHOST='(.*?)'.*PGPORT='(.*?)'/s;
	return ('-h', $host // '/nowhere', '-p', $port // 1, '-U', 'postgres');
}

sub psql
{
	my ($server, $db, $sql) = @_;
	my $said = '';
	run([ 'psql', '-XAtq', @$server, '-d', $db ], \$sql, '>', \$said, '2>&1', timeout(60));
	return $said;
}

# Refused by some versions, some by all; only what ran is in the statistics.
my $markers = join '', <DATA>;

# A text whose entry is evicted while it runs is kept as it was sent; and with
# standard_conforming_strings off this literal ends elsewhere than it seems to.
sub evict_while_running
{
	my ($server) = @_;
	my $running = start([ 'psql', '-XAtq', @$server, '-d', 'shop', '-c', 'SET standard_conforming_strings = off',
			'-c', q{SELECT count(pg_sleep(2)), 'x\' geheim, 1 AS geheim -- ' FROM orders WHERE id = 1} ],
		'>', \my $out, '2>', \my $err, timeout(60));
	sleep 1;
	psql($server, 'shop', 'SELECT pg_stat_statements_reset()'); # which evicts as well
	finish $running;
	return psql($server, 'shop', q{SELECT count(*) FROM pg_stat_statements WHERE query ~ 'pg_sleep.*geheim'});
}

sub capture_is_clean
{
	my ($what, @server) = @_;
	my ($rc, $out, $err) = pgrehearse('capture', @server, '-d', 'shop', '--since-reset');
	is($rc, 0, "$what: capture") or diag($err);
	unlike($out . $err, qr/geheim|7_?0\d_?0\d_?0\d_?\b|7030-/, "$what: no literal, no comment");
	return decode_json($out || '{}');
}

sub check_major
{
	my @server = connect_to_lab();

	psql(\@server, 'postgres', 'CREATE DATABASE shop');
	psql(\@server, 'shop', <<'SQL');
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
CREATE TABLE orders (id int PRIMARY KEY, customer int, note text, total numeric);
INSERT INTO orders SELECT i, i % 50, 'note ' || i, i FROM generate_series(1, 2000) i;
CREATE PROCEDURE proc(text) LANGUAGE plpgsql AS $$ BEGIN END $$;
SELECT pg_stat_statements_reset();
SQL
	psql(\@server, 'shop', $markers);
	my $workload = capture_is_clean('every kind of statement', @server);
	cmp_ok(scalar @{ $workload->{statements} // [] }, '>=', 20, 'statements were kept');
	my %dropped = map { $_->{reason} => $_->{entries} } @{ $workload->{dropped} // [] };
	cmp_ok($dropped{'utility statement'} // 0, '>=', 40, 'utility statements were left out');
	cmp_ok($dropped{'text cannot be parsed'} // 0, '>=', 1, 'newer grammar was left out') if $major >= 16;

	my $kept = evict_while_running(\@server);
	capture_is_clean('evicted while running', @server);
	cmp_ok($kept, '>=', 1, 'the server kept that text as it was sent');
	other_encodings(@server);
}

# Bytes that are no UTF-8, in a database that does not care and beside one that does.
sub other_encodings
{
	my (@server) = @_;

	psql(\@server, 'postgres', q{CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'});
	psql(\@server, 'bytes', "CREATE EXTENSION pg_stat_statements; SELECT pg_stat_statements_reset();"
		  . "SELECT 'geheim\xe9\xff' AS plain; SELECT 1 AS \"\xe9\xff\";");
	my ($rc, $out, $err) = pgrehearse('capture', @server, '-d', 'bytes', '--since-reset');
	is($rc, 0, 'a SQL_ASCII database: capture') or diag($err);
	like($out, qr/SELECT \$1 AS plain/, 'a SQL_ASCII database: a literal of other bytes');
	unlike($out . $err, qr/geheim/, 'a SQL_ASCII database: no literal');
	($rc, $out, $err) = pgrehearse('capture', @server, '-d', 'shop', '--since-reset');
	is($rc, 3, 'a UTF8 database beside it, whose statistics the server cannot show');
	like($err, qr/hint: a database of another encoding/, 'and the hint says why');
}

for (13 .. 18) {
	$major = $_;
	subtest "PostgreSQL $major" => sub {
		plan skip_all => "PostgreSQL $major is not here: ci/postgres-versions fetches it" unless $bindir{$major};
		my ($rc, $out, $err) = lab('start', '--bindir', $bindir{$major});
		is($rc, 0, 'lab start') or return diag($err);
		check_major();
		lab('stop');
	};
}
done_testing();

END {
	my $code = $?;
	lab('stop') if $major && -d "$dir/$major";
	$? = $code;
}

__DATA__
SELECT count(*) FROM orders WHERE note = 'geheim01' /* geheim02 */ AND total < 7010101;
-- geheim03
SELECT id FROM orders WHERE note LIKE E'geheim04\'%' OR note = U&'geheim05' OR note = $tag$geheim06$tag$;
SELECT interval '7020202 seconds', date '7030-01-01', x'7040404', B'1', jsonb '{"geheim07": 1}';
SELECT U&'geheim!0041' UESCAPE '!', N'geheimN', e'geheim\\', E'geheim\n' 'geheimtwo'
  'geheimthree', $$geheim'dollar$$, $q$ geheim $$ inner $q$;
SET standard_conforming_strings = off; SET escape_string_warning = off; SET backslash_quote = on;
SELECT 'geheim\' OR note = ' FROM orders WHERE note = 'x\\geheim';
SELECT 'it\'s geheim', count(*) FROM orders WHERE note <> 'a\'geheimB';
SET standard_conforming_strings = on;
INSERT INTO orders VALUES (100001, 1, 'geheim08', 7050505.5), (100002, 1, 'geheim09', 1e7);
UPDATE orders SET note = 'geheim10' WHERE id = 100001;
DELETE FROM orders WHERE note = 'geheim10' OR id = 100002;
CALL proc('geheim11');
CALL proc('geheim11' || 'geheimx');
NOTIFY channel, 'geheim12';
DO $$ BEGIN PERFORM 'geheim13'; END $$;
COPY (SELECT 'geheim14') TO STDOUT;
COPY orders FROM PROGRAM 'echo geheim >/dev/null';
COPY orders TO PROGRAM 'cat geheim.txt > /dev/null' WITH (FORMAT csv, NULL 'geheim');
CREATE USER dave PASSWORD 'geheim15';
ALTER USER dave PASSWORD 'geheim16' VALID UNTIL '7030-01-02';
ALTER ROLE dave SET work_mem = '7070MB';
ALTER ROLE dave SET application_name = 'geheimapp';
CREATE SUBSCRIPTION s CONNECTION 'host=geheim password=geheim' PUBLICATION p WITH (connect=false);
ALTER SUBSCRIPTION s CONNECTION 'password=geheim';
ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s;
SECURITY LABEL ON TABLE orders IS 'geheim';
SET search_path = 'geheim17', public;
SET application_name = geheimapp;
SET application_name TO DEFAULT;
SET LOCAL work_mem = '7070707kB';
RESET search_path;
PREPARE p AS SELECT 'geheim18' FROM orders WHERE id = $1;
PREPARE p2(text) AS SELECT * FROM orders WHERE note = $1 AND note <> 'geheim18b';
EXECUTE p(7060606);
EXECUTE p2('geheimexec');
EXPLAIN SELECT 'geheim19';
EXPLAIN EXECUTE p2('geheimexec2');
EXPLAIN (COSTS OFF, FORMAT json) SELECT 'geheim19' FROM orders WHERE note='geheim19b';
CREATE TABLE copied AS SELECT 'geheim20' AS x;
CREATE TABLE copied2 AS EXECUTE p2('geheim20b');
SELECT 'geheim20c'::text AS x INTO copied3;
BEGIN; DECLARE c CURSOR FOR SELECT 'geheim21' FROM orders; FETCH 1 FROM c; COMMIT;
SAVEPOINT here;
BEGIN; SAVEPOINT here; ROLLBACK TO here; RELEASE here; COMMIT;
BEGIN; PREPARE TRANSACTION 'geheim-gid'; ROLLBACK PREPARED 'geheim-gid';
COMMENT ON TABLE orders IS 'geheim22';
CREATE VIEW v AS SELECT 'geheim23' AS x;
CREATE MATERIALIZED VIEW mv AS SELECT 'geheim23' AS x;
REFRESH MATERIALIZED VIEW mv;
ALTER TABLE orders ALTER note SET DEFAULT 'geheim24';
ALTER TABLE orders ADD CHECK (note <> 'geheimchk');
CREATE INDEX ON orders (id) WHERE note = 'geheimidx';
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''geheimfn''::text';
SELECT f();
CREATE FUNCTION f2() RETURNS text LANGUAGE plpgsql AS $f$ BEGIN RETURN (SELECT 'geheimpl' FROM orders LIMIT 1); END $f$;
SELECT f2();
CREATE FUNCTION f3() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN EXECUTE 'SELECT ''geheimdyn'''; EXECUTE 'CREATE USER erin PASSWORD ''geheim'''; END $f$;
SELECT f3();
SELECT 1 LIMIT 7070707;
SELECT count(*) FROM orders WHERE id IN (7080808, 7090909) AND note = ANY ('{geheim25,geheim26}');
SELECT note FROM orders ORDER BY 'geheim' || note, note COLLATE "C" LIMIT 7010203;
SELECT count(*) FROM orders GROUP BY note || 'geheimgrp' HAVING note || 'geheimgrp' <> 'geheimhav';
SELECT * FROM orders TABLESAMPLE system (7.0405) REPEATABLE (7030303);
SELECT xmlelement(name "foo", xmlattributes('geheimxml' AS bar)), xmlpi(name php, 'echo "geheim"');
SELECT json_build_object('geheimkey', 1) -> 'geheimkey', '{"a":1}'::jsonb @> '{"geheim": 2}', '{1,2}'::int[], array['geheim1','geheim2'];
SELECT overlay('geheim' placing 'geheim' from 2), substring('geheim' from 2 for 3), position('geheim' in note), trim(both 'geheim' from note), extract('epoch' from timestamp '7030-01-01'), 'geheim' SIMILAR TO 'geheim' ESCAPE '!' FROM orders LIMIT 1;
SELECT set_config('application_name', 'geheim', false), current_setting('geheim.x', true), pg_notify('geheim', 'geheim');
SELECT CASE WHEN note = 'geheim' THEN 'geheim' ELSE 'geheim' END FROM orders LIMIT 1;
INSERT INTO orders SELECT 100005, 1, 'geheim', 7 ON CONFLICT (id) DO UPDATE SET note = 'geheim' WHERE orders.note <> 'geheim' RETURNING 'geheim';
WITH w AS (SELECT 'geheim' AS a) SELECT * FROM w;
VALUES ('geheim', 7010102), ('geheim', 7010103);
TABLE orders;
LOCK TABLE orders IN SHARE MODE;
CREATE SERVER fs FOREIGN DATA WRAPPER nonesuch OPTIONS (host 'geheim');
CREATE USER MAPPING FOR dave SERVER fs OPTIONS (password 'geheim');
CREATE TYPE mood AS ENUM ('geheim', 'x');
ALTER TYPE mood ADD VALUE 'geheim2';
CREATE DOMAIN dom AS text CHECK (VALUE <> 'geheim');
LISTEN geheimchannel; UNLISTEN geheimchannel;
VACUUM (ANALYZE) orders;
CREATE POLICY pol ON orders USING (note = 'geheim');
CREATE RULE rul AS ON DELETE TO copied DO ALSO INSERT INTO copied VALUES ('geheim');
CREATE TRIGGER trg BEFORE UPDATE ON orders FOR EACH ROW WHEN (NEW.note = 'geheim') EXECUTE FUNCTION suppress_redundant_updates_trigger('geheimarg');
CREATE PUBLICATION pubx FOR TABLE orders WHERE (note = 'geheim');
CREATE EVENT TRIGGER et ON ddl_command_start WHEN TAG IN ('geheim') EXECUTE FUNCTION f();
ALTER SYSTEM SET application_name = 'geheim';
ALTER SYSTEM RESET application_name;
MERGE INTO orders o USING (VALUES (1, 'geheim')) s(i, n) ON o.id = s.i WHEN MATCHED THEN UPDATE SET note = s.n || 'geheim';
-- newer grammar
SELECT count(*) FROM (SELECT id FROM orders WHERE note <> 'geheim');
SELECT 7_070_707, 0x7F7F7F7F, 0b1011, 0o7070707;
SELECT count(*) FROM (SELECT id FROM orders WHERE note <> 'geheim' AND id > 7_010_101);
SELECT JSON_OBJECT('geheim': 'geheim'), JSON_ARRAY('geheim', 1);
SELECT 'geheim' IS JSON, json_value('{"geheim":1}', '$.geheim'), json_exists(jsonb '{"geheim":1}', '$.geheim' PASSING 'geheim' AS x);
SELECT * FROM JSON_TABLE(jsonb '[{"geheim":"geheim"}]', '$[*] ? (@.geheim == "geheim")' PASSING 'geheim' AS foo COLUMNS (a text PATH '$.geheim' DEFAULT 'geheim' ON EMPTY));
MERGE INTO orders o USING (VALUES (1, 'geheim')) s(i, n) ON o.id = s.i WHEN NOT MATCHED BY SOURCE AND note = 'geheimnot' THEN DELETE WHEN MATCHED THEN UPDATE SET note = s.n || 'geheim' RETURNING merge_action(), 'geheim';
UPDATE orders SET note = 'geheim' WHERE id = 7 RETURNING old.note, new.note, 'geheim';
UPDATE orders SET note = 'geheim' WHERE id = 7 RETURNING WITH (OLD AS o, NEW AS n) o.note, n.note, 'geheim';
COPY orders FROM '/geheim' WITH (ON_ERROR ignore, DEFAULT 'geheim');
CREATE TABLE t18 (a int, b int GENERATED ALWAYS AS (a + 7010101) VIRTUAL, note text DEFAULT 'geheim');
CREATE TABLE t18t (a int, p daterange, PRIMARY KEY (a, p WITHOUT OVERLAPS), CHECK (p <> 'empty'));
SELECT casefold('GEHEIM'), uuidv7(), uuidv7(interval '7010101 s');
SELECT 'geheim' AS x, note AT LOCAL, any_value('geheim') FROM orders GROUP BY 2;
SELECT now() AT LOCAL, system_user, 'geheim';
SELECT id FROM orders WHERE note = 'geheim' FETCH FIRST 7010101 ROWS WITH TIES;
SELECT (SELECT 'geheim'), EXISTS(SELECT 1 FROM (SELECT 2) WHERE 'geheim' = 'geheim\');
SELECT * FROM (SELECT E'geheim\'' AS q) WHERE 'geheim' = 'a';
SELECT * FROM (VALUES (1)) WHERE $$geheim$$ = $x$geheim$x$ AND U&'\0441geheim' = U&'!0041geheim' UESCAPE '!';
