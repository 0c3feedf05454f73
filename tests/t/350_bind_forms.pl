# bind finds how production sent its statements: literals, and the schema that its sessions meant;
# where queryids cannot tell, it goes on without them and says so. What people put in themselves,
# and what inspect shows of it all.
use strict;
use warnings;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use GateTest;

my $node = PostgreSQL::Test::Cluster->new('production');
$node->init;
$node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'pg_stat_statements'\nfsync = off\nautovacuum = off\njit = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE shop');
# One table name in three schemas, of other sizes; the sessions work in the last.
$node->safe_psql('shop', <<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE SCHEMA acme;
CREATE SCHEMA globex;
CREATE TABLE public.orders (id int PRIMARY KEY, kind int NOT NULL);
CREATE TABLE acme.orders (id int PRIMARY KEY, kind int NOT NULL);
CREATE TABLE globex.orders (id int PRIMARY KEY, kind int NOT NULL);
CREATE TABLE globex.parts (order_id int NOT NULL, part text NOT NULL);
INSERT INTO public.orders SELECT n, n % 50 FROM generate_series(1, 50) n;
INSERT INTO acme.orders SELECT n, n % 50 FROM generate_series(1, 500) n;
INSERT INTO globex.orders SELECT n, n % 50 FROM generate_series(1, 5000) n;
INSERT INTO globex.parts SELECT n, 'secret part ' || n FROM generate_series(1, 5000) n;
CREATE ROLE app LOGIN;
GRANT USAGE ON SCHEMA acme, globex TO app;
GRANT SELECT ON ALL TABLES IN SCHEMA public, acme, globex TO app;
VACUUM ANALYZE;
SQL
$node->safe_psql('postgres', 'CREATE DATABASE staging TEMPLATE shop');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
my $dump = scratch('dump.sql');
$node->command_ok([ 'pg_dump', '-f', $dump, 'shop' ], 'production is dumped');
$node->safe_psql('restored', 'CREATE TABLE first (a int)');
$node->command_ok([ 'psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-f', $dump, 'restored' ], 'and restored');
$node->safe_psql('restored', 'ANALYZE');

my $script = "SET search_path = globex;\n";
$script .= "SELECT id FROM orders WHERE kind = @{[$_ % 50]};\n"
  . "SELECT o.id FROM orders o JOIN parts p ON p.order_id = o.id WHERE p.part = 'secret part $_';\n"
  . "SELECT count(*) FROM public.orders WHERE kind < $_;\n" for 1 .. 10;
$node->safe_psql('shop', 'SELECT pg_stat_statements_reset()');
$node->safe_psql('shop', $script);
my ($exit, $out, $err) = program('capture', '-d', connection($node), '--since-reset', '-o',
	my $workload = scratch('workload.json'));
is($exit, 0, 'production is captured') or diag $err;

# (vectors, table, stderr, exit code)
sub bound
{
	my ($database, @options) = @_;
	my $file = scratch('vectors.json');
	my ($exit, $out, $err) = program('bind', '-d', connection($node, $database), '-w', $workload,
		'-o', $file, '--calibrate-time', '2s', @options);
	return (-e $file ? decode_json(slurp_file($file)) : undef, $out, $err, $exit, $file);
}

sub statement
{
	my ($vectors, $like) = @_;
	my ($found) = grep { $_->{sql} =~ $like } @{ $vectors->{statements} };
	return $found;
}

# ---- search_path -----------------------------------------------------------------------------------
my ($vectors, $table, $said, $code, $file) = bound('staging');
is($code, 0, 'the workload is bound on a clone') or diag $said;
ok(statement($vectors, qr/^SELECT id FROM globex\.orders WHERE kind/), 'the schema of production\'s sessions is found')
  or diag explain [ map { $_->{sql} } @{ $vectors->{statements} } ];
like($table, qr/^select orders by kind .* 100 +100 .*schema globex, says production's queryid/m,
	'with its rows per call, and the table says how it is known');
ok(statement($vectors, qr/FROM globex\.orders o JOIN globex\.parts p/), 'in joins too');
ok(statement($vectors, qr/FROM public\.orders WHERE kind </), 'a name that has its schema keeps it');
is($vectors->{oracle_silence}, undef, 'nothing had to be judged');
is(statement($vectors, qr/kind = /)->{protocol}, 'simple', 'literals are known as literals');

# ---- where queryids cannot tell -----------------------------------------------------------------------
(my $restored, $table, $said, $code, my $restored_file) = bound('restored');
is($code, 0, 'a restored dump is bound as well') or diag $said;
like($restored->{oracle_silence}, qr/does not have production's relation OIDs/, 'vectors tell that it is none of production\'s copies');
like($table, qr/judged by the work per call: staging does not have/, 'and so does the summary');
is(scalar(@{ $restored->{skipped} }), scalar(@{ $vectors->{skipped} }), 'no statement is lost');
($exit, $out, $err) = program('inspect', $restored_file);
like($out, qr/judged by the work per call: staging does not have/, 'and inspect');

$node->safe_psql('postgres', 'ALTER DATABASE staging SET compute_query_id = off');
($exit, $out, $err) = program('bind', '-d', connection($node, 'staging') . ' user=app', '-w', $workload,
	'-o', my $off = scratch('off.json'), '--calibrate-time', '1s');
is($exit, 0, 'bind needs no compute_query_id') or diag $err;
like($err, qr/judged by the work per call: staging computes no queryids/, 'and says that it is off');
$node->safe_psql('postgres', 'ALTER DATABASE staging RESET compute_query_id');

# ---- inspect of vectors ----------------------------------------------------------------------------------
($exit, $out, $err) = program('inspect', '--text', $file);
is($exit, 0, 'vectors can be inspected') or diag $err;
like($out, qr/^select orders by kind +\w+ +simple +1 +0 +\d+ +100 /m, 'statements with their parameters, vectors and figures');
like($out, qr/p\.part = \$1/, 'and their texts');
like($out, qr/\d+ statements bound, \d+ skipped: /, 'and what is covered');
unlike($out, qr/secret part/, 'but no value');

# ---- inspect of results -------------------------------------------------------------------------------------
my $gate = gate(gate_file($node, staging => '{dsn: "' . connection($node, 'staging') . '"}', workload => $workload,
	replay => '{rate: 40/s, time: 1s, clients: 2}'));
($exit, $out, $err) = program('inspect', $gate->{dir});
is($exit, 0, 'results can be inspected') or diag $err;
like($out, qr/^statement +production +replay +production +replay +ratio/m, 'production beside the replay');
like($out, qr/^select orders by kind +100 +100 +\d+ +\d+ +1\.0\d /m, 'with rows and blocks per call');
like($out, qr/statements replayed, \d+ not: .* of production's time/, 'and a summary');

# ---- overrides ----------------------------------------------------------------------------------------------
my $queryid = statement($vectors, qr/kind = /)->{queryid};
sub overrides { return spew(scratch('overrides.yaml'), "version: 1\nstatements:\n  $_[0]\n") }
sub refused
{
	my ($text, $like, $what) = @_;
	my (undef, undef, $said, $code) = bound('staging', '--overrides', overrides($text));
	is($code, 2, "$what is refused");
	like($said, $like, 'with its line');
}
refused('"123": skip', qr/overrides\.yaml:3: the workload has no statement "123"/, 'a queryid that is not in the workload');
refused("\"$queryid\": {values: [[1, 2]]}", qr/overrides\.yaml:3: .*2 values per call are given, and the statement has 1 param/, 'a wrong number of values');
refused("\"$queryid\": {values: [[one]]}", qr/overrides\.yaml:3: .*invalid input syntax for type integer: "one"/, 'a value of another type');
refused("\"$queryid\": {sql: SELECT 1 / 0}", qr/overrides\.yaml:3: .*division by zero/, 'a query that fails');
refused("\"$queryid\": {sql: SELECT 1 WHERE false}", qr/overrides\.yaml:3: .*finds no row/, 'a query without rows');
refused("\"$queryid\": {sql: DROP TABLE globex.orders}", qr/read-only transaction/, 'a query that writes');

# From gate.yaml the same.
my %usual = (staging => '{dsn: "' . connection($node, 'staging') . '"}', workload => $workload,
	replay => '{rate: 40/s, time: 1s, clients: 2}', thresholds => "\n  - {metric: errors.rate, max: 0%}");
$gate = gate(gate_file($node, %usual, overrides => overrides("\"$queryid\": {sql: 'SELECT n FROM generate_series(60, 70) n'}")));
my ($taken) = grep { $_->{queryid} eq $queryid } @{ $gate->{run}{statements} };
is($taken->{value_source}, 'override', 'a gate takes values of a query');
is($taken->{arms}{baseline}{rows}, 0, 'and sends them');
$gate = gate(gate_file($node, %usual, overrides => overrides("\"$queryid\": skip")));
($taken) = grep { $_->{queryid} eq $queryid } @{ $gate->{run}{statements} };
is($taken->{skip_reason}, 'skipped by an override', 'and leaves out what it is told to');
$gate = gate(gate_file($node, %usual, overrides => overrides('nobody: skip')));
is($gate->{code}, 2, 'a wrong name ends a gate');
like($gate->{err}, qr/overrides\.yaml:3: the workload has no statement "nobody"/, 'with its line');

done_testing();
