# Rewrites: the candidate arm sends another text, and other rows are never let through.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Files;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $pgrehearse = $ENV{PGREHEARSE} or plan skip_all => 'PGREHEARSE is not set';
my $tmp = PostgreSQL::Test::Utils::tempdir;
my $runs = 0;

my $node = PostgreSQL::Test::Cluster->new('staging');
$node->init;
$node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'pg_stat_statements'\nfsync = off\nautovacuum = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->safe_psql('shop', <<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE TABLE parts (id int PRIMARY KEY, bin int NOT NULL, made timestamptz NOT NULL, note text);
INSERT INTO parts SELECT n, n % 50, now() - n * interval '1 minute',
  CASE WHEN n % 3 > 0 THEN 'note ' || n % 7 END FROM generate_series(1, 5000) n;
CREATE INDEX parts_bin ON parts (bin);
CREATE TABLE log (id bigint PRIMARY KEY, step int);
VACUUM ANALYZE;
SQL

sub statement
{
	my ($name, $text, $kind, %more) = @_;
	return {
		name => $name, queryid => '' . (1000 + length $name), fingerprint => '', text => $text,
		kind => $kind, writes => $kind eq 'select' ? JSON::PP::false : JSON::PP::true,
		tables => ['parts'], skip_reason => undef,
		work => { calls => 100, rows => 1000, exec_ms => 50 }, %more };
}

my $workload = spew("$tmp/workload.json", JSON::PP->new->canonical->encode({
	format => 'pgrehearse-workload/1',
	source => { kind => 'pg_stat_statements', window_s => 10, database => 'shop' },
	statements => [
		statement('parts of a bin', 'SELECT id, note FROM parts WHERE bin + $1 = $2', 'select'),
		statement('unlike notes', 'SELECT id FROM parts WHERE bin = $1 AND note NOT IN '
			. '(SELECT note FROM parts WHERE bin = $2)', 'select'),
		statement('a sample', 'SELECT id FROM parts WHERE bin = $1 ORDER BY random() LIMIT 3',
			'select'),
		statement('drop a note', 'UPDATE parts SET note = NULL WHERE id = $1', 'update'),
	] }));

# A gate over these rewrites: exit code, run record, TAP, messages.
sub gate
{
	my ($rewrites, %more) = @_;
	my $n = ++$runs;
	my $file = spew("$tmp/rewrites$n.yaml", "version: 1\nrewrites:\n"
		. join('', map { "  $_: |\n    $rewrites->{$_}\n" } sort keys %$rewrites));
	my $up = $more{up} ? ', up: ' . spew("$tmp/up$n.sql", $more{up}) : '';
	my $dsn = $node->connstr('shop');
	my $gate = spew("$tmp/gate$n.yaml", <<YAML);
version: 1
staging: {dsn: "$dsn"}
workload: $workload
candidate: {kind: rewrite, rewrites: $file$up}
replay: {rate: 50/s, time: 1s, clients: 2, early_stop: false}
thresholds: [{metric: errors.rate, max: 0.1%}]
results: $tmp/results$n
YAML
	my ($out, $err) = ('', '');
	IPC::Run::run([ $pgrehearse, 'gate', $gate ], '>', \$out, '2>', \$err);
	my $code = $? >> 8;
	my ($json) = glob "$tmp/results$n/*/run.json";
	return ($code, $json ? decode_json(slurp_file($json)) : undef, $out, $err);
}

sub rewrite_of
{
	my ($run, $name) = @_;
	my ($statement) = grep { $_->{name} eq $name } @{ $run->{statements} };
	return $statement->{rewrite};
}

sub check
{
	my ($run, $id) = @_;
	my ($check) = grep { $_->{id} eq $id } @{ $run->{checks} };
	return $check;
}

# The same rows.
my ($code, $run, $tap, $err) = gate(
	{ 'parts of a bin' => 'SELECT id, note FROM parts WHERE bin = $2 - $1 /* by the index */;' },
	up => 'CREATE INDEX parts_note ON parts (note);');
my $rewrite = rewrite_of($run, 'parts of a bin');
is($rewrite->{mismatches}, 0, 'a faithful rewrite returns the same rows') or diag($err);
cmp_ok($rewrite->{compared}, '>=', 1, '... with every vector that was tried');
is(check($run, 'result.mismatches of parts of a bin')->{outcome}, 'PASS',
	'... and passes a check that the gate did not have to name');
is($run->{candidate}{candidate_name}, 'up1.sql and rewrites1.yaml',
	'an index and a rewrite are one candidate');
my ($statement) = grep { $_->{name} eq 'parts of a bin' } @{ $run->{statements} };
cmp_ok($statement->{arms}{candidate}{work}{shared_hit}, '<',
	$statement->{arms}{baseline}{work}{shared_hit} + 1,
	'the rewrite is what the candidate arm ran');
is($statement->{arms}{candidate}{errors}, 0, '... without an error');
my @hashes = map { $statement->{arms}{$_}{plans}[0]{hash} } qw(baseline candidate);
isnt($hashes[0], $hashes[1], 'each arm is planned with its own text');
is(rewrite_of($run, 'unlike notes'), undef, 'other statements are left alone');

# Other rows: NOT IN over NULLs never holds.
($code, $run, $tap, $err) = gate({ 'unlike notes' =>
	'SELECT id FROM parts p WHERE bin = $1 AND NOT EXISTS '
	. '(SELECT FROM parts q WHERE q.bin = $2 AND q.note = p.note)' });
is($code, 1, 'a rewrite with other rows fails the gate') or diag($err);
$rewrite = rewrite_of($run, 'unlike notes');
cmp_ok($rewrite->{mismatches}, '>', 0, '... for some vectors');
like($rewrite->{difference}, qr/^with vector \d+ the rewrite returns \d+ rows instead of 0: /,
	'... and says how');
like($tap, qr/^not ok \d+ - result\.mismatches of unlike notes$/m, '... in the TAP as well');
unlike($rewrite->{difference}, qr/note/, '... without a value');

# Nothing can be said of a statement that differs from itself.
($code, $run, $tap, $err) =
	gate({ 'a sample' => 'SELECT id FROM parts WHERE bin = $1 ORDER BY random() LIMIT 3' });
my $check = check($run, 'result.mismatches of a sample');
is($check->{outcome}, 'INCONCLUSIVE', 'a random result is no evidence') or diag($err);
like($check->{why}, qr/could not be compared: .*changed from run to run/, '... and the reason is given');

# Mistakes are found before or while nothing is measured, and are the user's.
my @refused = (
	[ 'parts of bin', 'SELECT 1', qr/rewrites\d+\.yaml:3: .*did you mean "parts of a bin"\?/ ],
	[ 'drop a note', 'UPDATE parts SET note = $1', qr/rewrites\d+\.yaml:3: .*only reads/ ],
	[ 'parts of a bin', 'DELETE FROM parts WHERE bin = $1',
		qr/rewrites\d+\.yaml:3: .*is no SELECT that only reads/ ],
	[ 'parts of a bin', 'SELECT $3::int', qr/:3: .*parameter \$3, the statement has 2/ ],
	[ 'parts of a bin', 'SELEC 1', qr/:3: .*is not one SQL statement/ ],
	[ 'parts of a bin', 'SELECT nosuch FROM parts WHERE bin = $1',
		qr/the rewrite of "parts of a bin" cannot be prepared: .*nosuch/ ]);
for my $case (@refused)
{
	my ($name, $sql, $said) = @$case;
	($code, $run, $tap, $err) = gate({ $name => $sql });
	is($code, 2, "refused: $name as $sql");
	like($err, $said, '... with its place and reason');
	is($run, undef, '... and nothing was measured');
}
is($node->safe_psql('postgres',
		"SELECT count(*) FROM pg_database WHERE datname LIKE '%pgr%' OR datname LIKE '%shop_%'"),
	0, 'no clone is left');

$node->stop;
done_testing();
