# capture on a real server: what gets into a workload, what must not, and what the user is told
# when it cannot work.
use strict;
use warnings;
use IPC::Run qw(run start finish timeout);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $pgrehearse = $ENV{PGREHEARSE} or plan skip_all => 'PGREHEARSE is not set';
my $dir = PostgreSQL::Test::Utils::tempdir();

my $node = PostgreSQL::Test::Cluster->new('production');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = all
pg_stat_statements.max = 200
autovacuum = off
CONF
$node->start;

sub connection { return ('-h', $node->host, '-p', $node->port, '-d', $_[0] // 'shop') }

# Runs pgrehearse; returns exit code, stdout, stderr.
sub pgrehearse
{
	my @command = @_;
	my ($out, $err) = ('', '');
	run([ $pgrehearse, @command ], \undef, \$out, \$err, timeout(60));
	return ($? >> 8, $out, $err);
}

sub workload
{
	my ($file) = @_;
	return decode_json(slurp_file($file));
}

sub statement
{
	my ($workload, $like) = @_;
	my @found = grep { $_->{text} =~ $like } @{ $workload->{statements} };
	is(scalar @found, 1, "one statement is like $like");
	return $found[0] // {};
}

sub dropped
{
	my ($workload, $reason) = @_;
	my ($found) = grep { $_->{reason} =~ $reason } @{ $workload->{dropped} };
	return $found // { entries => 0, calls => 0, exec_ms => 0 };
}

# A refusal: its exit code, one line that says why, and a hint.
sub refused
{
	my ($what, $code, $message, $hint, @command) = @_;
	my ($rc, $out, $err) = pgrehearse('capture', @command);
	is($rc, $code, "$what: exit code $code");
	is($out, '', "$what: nothing on stdout");
	like($err, $message, "$what: message");
	like($err, $hint, "$what: hint");
}

sub reset_statistics { $node->safe_psql('shop', 'SELECT stats.pg_stat_statements_reset()') }

$node->safe_psql('postgres', 'CREATE DATABASE shop');
refused('no extension', 3, qr/pg_stat_statements is not installed/,
	qr/CREATE EXTENSION pg_stat_statements/, connection());
$node->safe_psql('shop', <<'SQL');
CREATE SCHEMA stats;
CREATE EXTENSION pg_stat_statements SCHEMA stats;
CREATE ROLE watcher LOGIN;
CREATE TABLE orders (id int PRIMARY KEY, customer int, note text, total numeric);
INSERT INTO orders SELECT i, i % 50, 'note ' || i, i FROM generate_series(1, 2000) i;
CREATE TABLE "Odd Name" (id int);
CREATE TABLE events (id int) PARTITION BY RANGE (id);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (100);
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (100) TO (200);
INSERT INTO events SELECT generate_series(0, 149);
CREATE FUNCTION nested(int) RETURNS bigint LANGUAGE plpgsql AS
	$$ BEGIN RETURN (SELECT count(*) FROM orders WHERE customer = $1); END $$;
CREATE PROCEDURE proc(text) LANGUAGE plpgsql AS $$ BEGIN END $$;
ANALYZE;
SQL

# Refusals, all of them before a window is spent.
refused('schema without USAGE', 3, qr/watcher may not read stats\.pg_stat_statements/,
	qr/GRANT USAGE ON SCHEMA stats/, connection(), '-U', 'watcher');
$node->safe_psql('shop', 'GRANT USAGE ON SCHEMA stats TO watcher');
refused('no pg_read_all_stats', 3, qr/may not see \d+ statements of other users/,
	qr/GRANT pg_read_all_stats TO watcher/, connection(), '-U', 'watcher');
refused('no server', 3, qr/cannot connect to shop at /, qr/check that the server runs/,
	'-h', $dir, '-d', 'shop');
refused('a conninfo with a typo', 2, qr/connection string: /, qr/give a database name/,
	'-d', 'postgresql://ann:geheim@[::1/shop');
refused('output directory is missing', 3, qr/cannot write/, qr/No such file/, connection(),
	'-o', "$dir/none/workload.json");
append_to_file("$dir/bad.yaml", "version: 1\nnames:\n  broken: SELEC 1\n");
refused('a name without valid SQL', 2, qr/bad\.yaml: the SQL text of "broken" \(line 3\)/,
	qr/./, connection(), '--names', "$dir/bad.yaml");
refused('a window of nothing', 2, qr/--window/, qr/./, connection(), '--window', '10ms');

# What may leave production: markers in every place a value can stand.
reset_statistics();
$node->safe_psql('shop', <<'SQL');
SELECT count(*) FROM orders WHERE note = 'geheim01' /* geheim02 */ AND total < 7010101;
-- geheim03
SELECT id FROM orders WHERE note LIKE E'geheim04\'%' OR note = U&'geheim05' OR note = $tag$geheim06$tag$;
SELECT interval '7020202 seconds', date '7030-01-01', x'7040404', B'1', jsonb '{"geheim07": 1}';
INSERT INTO orders VALUES (100001, 1, 'geheim08', 7050505.5), (100002, 1, 'geheim09', 1e7);
UPDATE orders SET note = 'geheim10' WHERE id = 100001;
DELETE FROM orders WHERE note = 'geheim10' OR id = 100002;
CALL proc('geheim11');
NOTIFY channel, 'geheim12';
DO $$ BEGIN PERFORM 'geheim13'; END $$;
COPY (SELECT 'geheim14') TO STDOUT;
CREATE USER dave PASSWORD 'geheim15';
ALTER USER dave PASSWORD 'geheim16';
SET search_path = 'geheim17', public;
PREPARE p AS SELECT 'geheim18' FROM orders WHERE id = $1;
EXECUTE p(7060606);
EXPLAIN SELECT 'geheim19';
CREATE TABLE copied AS SELECT 'geheim20' AS x;
BEGIN; DECLARE c CURSOR FOR SELECT 'geheim21' FROM orders; FETCH 1 FROM c; COMMIT;
COMMENT ON TABLE orders IS 'geheim22';
CREATE VIEW v AS SELECT 'geheim23' AS x;
ALTER TABLE orders ALTER note SET DEFAULT 'geheim24';
SELECT 1 LIMIT 7070707;
SELECT count(*) FROM orders WHERE id IN (7080808, 7090909) AND note = ANY ('{geheim25,geheim26}');
SQL
my ($rc, $out, $err) = pgrehearse('capture', connection(), '--since-reset');
is($rc, 0, 'capture since the last reset');
unlike($out . $err, qr/geheim/, 'no text literal and no comment leaves production');
unlike($out . $err, qr/70\d0\d0\d|7030-/, 'no number leaves production');
my $workload = decode_json($out);
cmp_ok(dropped($workload, qr/^utility/)->{entries}, '>=', 14, 'utility statements are counted');
cmp_ok(dropped($workload, qr/^transaction/)->{calls}, '>=', 2, 'transaction control is counted');
statement($workload, qr/^INSERT INTO orders VALUES \(\$1/);
is(statement($workload, qr/^UPDATE orders/)->{writes}, JSON::PP::true, 'an UPDATE writes');

# Kept and dropped together are what the server counted.
reset_statistics();
$node->safe_psql('shop', <<'SQL');
SET search_path = public;
SELECT count(*) FROM orders WHERE customer = 1;
SELECT count(*) FROM orders WHERE customer = 2;
SELECT nested(3);
SELECT * FROM "Odd Name";
SELECT count(*) FROM events WHERE id < 7;
SELECT count(*) FROM orders WHERE id IN (1, 2);
SELECT count(*) FROM orders WHERE id IN (1, 2, 3);
SELECT sum(total) FROM orders WHERE note > interval '1 day' || '';
SELECT pg_advisory_lock(1);
SET ROLE watcher;
RESET ROLE;
SQL
$node->safe_psql('postgres', 'SELECT 4242 AS elsewhere');
my $calls = $node->safe_psql('shop', <<'SQL');
SELECT sum(calls) FROM stats.pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
 WHERE datname = 'shop' AND toplevel
SQL
my $file = "$dir/workload.json";
append_to_file("$dir/names.yaml", <<'YAML');
version: 1
names:
  orders of a customer: SELECT count(*) FROM orders WHERE customer = 12345  -- any
  typed constant: SELECT sum(total) FROM orders WHERE note > interval '3 days' || ''
  never seen: SELECT 1, 2, 3, 4, 5
YAML
$node->safe_psql('postgres', 'GRANT pg_read_all_stats TO watcher');
($rc, $out, $err) = pgrehearse('capture', connection(), '-U', 'watcher', '--since-reset', '-o', $file,
	'--names', "$dir/names.yaml");
is($rc, 0, 'a role with pg_read_all_stats can capture');
is($out, '', 'nothing on stdout with -o');
like($err, qr/warning: .*"never seen"/, 'a name that matches nothing is a warning');
$workload = workload($file);
my $sum = 0;
$sum += $_->{work}{calls} for @{ $workload->{statements} };
$sum += $_->{calls} for @{ $workload->{dropped} };
is($sum, $calls + 1, 'kept and dropped calls are all top-level calls of the database');
my $count = statement($workload, qr/count\(\*\) FROM orders WHERE customer = \$1/);
is($count->{work}{calls}, 2, 'calls; the one inside the function is not top-level');
is($count->{name}, 'orders of a customer', 'the name from the file, whatever the literal');
is_deeply($count->{tables}, ['orders'], 'its tables');
is(statement($workload, qr/sum\(total\)/)->{name}, 'typed constant',
	'a text with a typed constant gets its name');
my %names = map { $_->{name} => 1 } @{ $workload->{statements} };
is(keys %names, @{ $workload->{statements} }, 'names are unique');
ok(abs($count->{work}{rows} - 2) < 1e-9, 'its rows');
cmp_ok($count->{work}{shared_hit} + $count->{work}{shared_read}, '>', 0, 'its blocks');
like(statement($workload, qr/pg_advisory_lock/)->{skip_reason}, qr/lock/,
	'a statement that would block is marked');
unlike(slurp_file($file), qr/elsewhere|pg_database_size|pg_stat_statements\(/,
	'nothing of other databases, nothing of our own');
my $source = $workload->{source};
is($source->{kind}, 'pg_stat_statements', 'source: kind');
is($source->{role}, 'watcher', 'source: role');
is($source->{search_path}, '"$user", public', 'source: search_path');
is($source->{settings}{work_mem}, '4MB', 'source: planner settings');
is($source->{system_identifier},
	$node->safe_psql('postgres', 'SELECT system_identifier FROM pg_control_system()'),
	'source: system identifier');
my %relation = map { $_->{name} => $_ } @{ $source->{relations} };
is($relation{'public.orders'}{reltuples}, 2000, 'source: reltuples of a touched table');
is($relation{'public.events'}{reltuples}, 150, 'source: a partitioned table has the rows of its leaves');
ok($relation{'public."Odd Name"'}, 'source: a table whose name needs quotes');
is($source->{since_reset}, JSON::PP::true, 'source: since the last reset');

# A second capture sees nothing of the first.
($rc, $out, $err) = pgrehearse('capture', connection(), '--since-reset');
unlike($out, qr/COUNTERS|pgrehearse \*|default_transaction_read_only|pg_extension|pg_settings/,
	'our own queries are left out');

($rc, $out, $err) = pgrehearse('capture', connection(), '--since-reset', '--max-statements', 1);
$workload = decode_json($out);
is(@{ $workload->{statements} }, 1, '--max-statements keeps the costliest');
cmp_ok(dropped($workload, qr/beyond/)->{entries}, '>=', 3, 'and counts the others');

# inspect
($rc, $out, $err) = pgrehearse('inspect', $file);
is($rc, 0, 'inspect');
like($out, qr/^orders of a customer +select /m, 'inspect: the mix');
like($out, qr/^Not replayed.*lock/ms, 'inspect: what is not replayed, and why');
like($out, qr/utility statement/, 'inspect: what capture left out');
like($out, qr/^Coverage: [\d.]+% of the execution time/m, 'inspect: coverage');
{
	local $ENV{COLUMNS} = 60;
	my ($rc60, $narrow) = pgrehearse('inspect', $file);
	my ($table) = $narrow =~ /\n\n(statement .*?)\n\n/s;
	is((grep { length > 60 } split /\n/, $table), 0, 'inspect: the table fits a narrow terminal');
}
($rc, $out, $err) = pgrehearse('inspect', "$dir/none.json");
is($rc, 2, 'inspect of a missing file is a usage error');

# A window: only what happened in it.
sub traffic
{
	my ($seconds) = @_;
	my $script = "$dir/traffic.sql";
	append_to_file($script, "SELECT note FROM orders WHERE id = 17;\n") unless -e $script;
	return start([ 'pgbench', '-n', '-c', 1, '-R', 100, '-T', $seconds, '-f', $script,
			'-h', $node->host, '-p', $node->port, 'shop' ], '>', '/dev/null', '2>', '/dev/null');
}

my $pgbench = traffic(4);
sleep 1;
($rc, $out, $err) = pgrehearse('capture', connection(), '--window', '2s', '-o', $file);
finish $pgbench;
is($rc, 0, 'capture over a window');
$workload = workload($file);
my $lookup = statement($workload, qr/note FROM orders WHERE id = \$1/);
cmp_ok($lookup->{work}{calls}, '>', 0, 'calls of the window');
cmp_ok($lookup->{work}{calls}, '<', 400, 'and only of the window');
cmp_ok($workload->{source}{window_s}, '>=', 2, 'the time between the snapshots');
is(scalar(grep { $_->{text} =~ /customer = \$1/ } @{ $workload->{statements} }), 0,
	'statements that did not run in the window are not in it');

refused('a window without traffic', 3, qr/no statement .*finished in the window/, qr/longer --window/,
	connection(), '--window', '1s');

{
	local $ENV{PGOPTIONS} = '-c compute_query_id=off';
	refused('queryids switched off', 3, qr/warning: compute_query_id is off/, qr/./, connection(),
		'--window', '1s');
}

# SIGINT in the window keeps what was seen.
$pgbench = traffic(5);
my ($cut_out, $cut_err) = ('', '');
my $capture = start([ $pgrehearse, 'capture', connection(), '--window', '60s', '-o', "$dir/cut.json" ],
	\undef, \$cut_out, \$cut_err);
sleep 3;
$capture->signal('INT');
finish $capture;
is($capture->full_result >> 8, 130, 'SIGINT ends the window with 128+2');
like($cut_err, qr/the window ended after \d+ of 60 s and the workload was written/, 'and says so');
cmp_ok(workload("$dir/cut.json")->{source}{window_s}, '<', 30, 'the workload covers the time until then');

# A reset in the window.
$capture = start([ $pgrehearse, 'capture', connection(), '--window', '3s', '-o', "$dir/reset.json" ],
	\undef, \$cut_out, \$cut_err);
sleep 2;
reset_statistics();
finish $capture;
finish $pgbench;
like($cut_err, qr/warning: the statistics were reset in the window/, 'a reset is noticed');
cmp_ok(workload("$dir/reset.json")->{source}{window_s}, '<', 2.5, 'the window is the time since');

# Evictions.
reset_statistics();
$node->safe_psql('shop', join '', map { 'SELECT ' . join(',', (1) x $_) . ";\n" } 1 .. 400);
($rc, $out, $err) = pgrehearse('capture', connection(), '--since-reset', '-o', $file);
like($err, qr/warning: pg_stat_statements evicted entries \d+ times: about [\d.]+% /,
	'evictions are a warning with the lost share');
$workload = workload($file);
cmp_ok($workload->{source}{dealloc}, '>', 0, 'and stand in the workload');
cmp_ok(dropped($workload, qr/^evicted/)->{exec_ms}, '>', 0, 'and count against coverage');

# A standby can be captured.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$standby->safe_psql('shop', 'SELECT count(*) FROM orders');
($rc, $out, $err) = pgrehearse('capture', '-h', $standby->host, '-p', $standby->port, '-d', 'shop',
	'--since-reset');
is($rc, 0, 'a read-only standby can be captured');
statement(decode_json($out), qr/count\(\*\) FROM orders/);
$standby->stop;

# Installed but not preloaded.
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->restart;
refused('not preloaded', 3, qr/shared_preload_libraries/, qr/restart the server/, connection());
$node->stop;
done_testing();
