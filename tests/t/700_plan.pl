# plan: what a candidate does to plans, on clones of a real server: a plan that flips for one value,
# an unchanged system, a forecast without building, and who uses which index.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Files;
use IPC::Run qw(run timeout);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $pgrehearse = $ENV{PGREHEARSE} or plan skip_all => 'PGREHEARSE is not set';
my $dir = PostgreSQL::Test::Utils::tempdir();

my $node = PostgreSQL::Test::Cluster->new('staging');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'pg_stat_statements'
fsync = off
autovacuum = off
max_parallel_workers_per_gather = 0
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE jobs');

# A fifth of the jobs is of one kind, the rest spread over 200; jobs of a kind lie together.
$node->safe_psql('jobs', <<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE TABLE job (id int PRIMARY KEY, kind int NOT NULL, state text NOT NULL, pad text NOT NULL);
INSERT INTO job SELECT n, CASE WHEN n <= 8000 THEN 77001 ELSE 1000 + n / 160 END,
  (ARRAY['new', 'done', 'done', 'done'])[1 + n % 4], repeat('x', 300) FROM generate_series(1, 40000) n;
CREATE INDEX job_kind_idx ON job (kind);
CREATE INDEX job_pad_idx ON job (left(pad, 3));
CREATE TABLE visit (at timestamptz DEFAULT now(), job int);
CREATE FUNCTION visit(int) RETURNS int LANGUAGE sql VOLATILE
  AS 'INSERT INTO visit (job) VALUES ($1) RETURNING job';
VACUUM ANALYZE;
SELECT pg_stat_statements_reset();
SQL
for my $i (1 .. 4)
{
	$node->safe_psql('jobs', "SELECT max(length(pad)) FROM job WHERE kind = " . (1100 + $i));
	$node->safe_psql('jobs', "SELECT state FROM job WHERE id = " . 100 * $i);
	$node->safe_psql('jobs', "SELECT visit(id) FROM job WHERE id = $i");
	$node->safe_psql('jobs', "UPDATE job SET state = 'new' WHERE id = $i");
}

sub command
{
	my ($out, $err) = ('', '');
	run([ $pgrehearse, @_ ], \undef, \$out, \$err, timeout(180));
	return ($? >> 8, $out, $err);
}

my ($code, $out, $err) = command('capture', '-h', $node->host, '-p', $node->port, '-d', 'jobs',
	'--since-reset', '-o', "$dir/workload.json");
is($code, 0, 'a workload was captured') or diag($err);
$node->safe_psql('jobs', 'TRUNCATE visit');

my $gate = spew("$dir/gate.yaml", <<"YAML");
version: 1
name: jobs
staging: {dsn: "@{[ $node->connstr('jobs') ]}"}
workload: workload.json
clone: {driver: template}
candidate: {up: up.sql}
replay: {rate: 50/s, time: 2s}
YAML

sub compare
{
	my ($sql, @options) = @_;
	spew("$dir/up.sql", $sql);
	my ($rc, $json, $said) = command('plan', '--format', 'json', @options, $gate);
	return ($rc, $json =~ /^\{/ ? decode_json($json) : undef, $said, $json);
}

sub statement { my ($run, $part) = @_; return (grep { $_->{text} =~ $part } @{ $run->{statements} })[0] }
sub index_of { my ($run, $name) = @_; return (grep { $_->{name} =~ /\b$name$/ } @{ $run->{indexes} })[0] }

sub databases
{
	return $node->safe_psql('postgres',
		"SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE oid >= 16384");
}

# 1. Unchanged: the same plans everywhere, also for the statement that would write.
(my $rc, my $run, my $said) = compare("-- nothing\n");
is($rc, 0, 'an unchanged system') or diag($said);
is_deeply([ map { @{ $_->{plan_changes} } } @{ $run->{statements} } ], [], '... has no plan that changed');
my $visit = statement($run, qr/visit\(/);
ok($visit->{arms}{baseline}{plans}[0]{cost} > 0, 'a SELECT whose function writes is planned');
is($visit->{arms}{baseline}{plans}[0]{buffers}, undef, '... and not run');
my $read = statement($run, qr/max\(length/);
ok($read->{arms}{baseline}{plans}[0]{buffers} > 0, 'a read is run, and its blocks are counted');
is(scalar(grep { $_->{rank} == 0 } @{ $read->{arms}{candidate}{plans} }), 1, '... and has a generic plan');
my $update = statement($run, qr/^update/i);
cmp_ok($update->{arms}{baseline}{plans}[0]{wal_bytes}, '>', 0, 'a write is run and undone: its WAL is known');
cmp_ok($update->{arms}{candidate}{plans}[0]{buffers}, '>', 0, '... and its blocks');
is(databases(), 'jobs', 'the clones are gone');

# 2. Skew: the index no longer holds the common kind. All other vectors keep a good plan.
my $partial = "DROP INDEX job_kind_idx;\nCREATE INDEX job_rare_idx ON job (kind) WHERE kind <> 77001;\n";
($rc, $run, $said, my $json) = compare($partial);
is($rc, 1, 'a plan that got worse for one value') or diag($said);
$read = statement($run, qr/max\(length/);
my @harm = grep { $_->{severity} eq 'harmful' && $_->{rank} > 0 } @{ $read->{plan_changes} };
my @fine = grep { $_->{severity} ne 'harmful' && $_->{rank} > 0 } @{ $read->{plan_changes} };
cmp_ok(scalar @harm, '>', 0, '... is found');
is_deeply([ map { $_->{kind} } @harm ], [ ('index_to_seq') x @harm ], '... as index_to_seq');
ok($harm[0]{buffers_ratio} > 1.25, '... that reads more blocks');
ok($harm[0]{rank} > 0 && $harm[0]{rank} <= $harm[0]{of}, '... by the rank of its vector');
cmp_ok(scalar @fine, '>', 0, 'the other vectors go through the new index');
is(scalar(grep { $_->{kind} ne 'index_changed' } @fine), 0, '... and that is no harm');
unlike($json, qr/77001\D.{0,40}(Cond|Filter)|(Cond|Filter).{0,40}77001/, 'no condition shows a value');
is(index_of($run, 'job_kind_idx')->{role}, 'dropped', 'the old index is dropped');
is_deeply(index_of($run, 'job_rare_idx')->{used_by}, [ $read->{name} ], 'the new one has its user');

($rc, $out) = command('plan', $gate);
like($out, qr/harmful  vector \d+ of \d+ by cost.*\n\s+index_to_seq: job: reads sequentially/,
	'the text names the rank');
like($out, qr/1 for the worse/, '... and counts the statements');

# 3. Superfluous and unused.
my $two = "CREATE INDEX job_kind_state_idx ON job (kind, state);\n"
  . "CREATE INDEX job_state_pad_idx ON job (state, left(pad, 9));\n";
($rc, $run, $said) = compare($two);
is(index_of($run, 'job_kind_idx')->{redundant_with}, 'public.job_kind_state_idx',
	'a new index makes an old one superfluous');
is_deeply(index_of($run, 'job_state_pad_idx')->{used_by}, [], 'a new index that nothing uses');
is(index_of($run, 'job_pkey')->{redundant_with}, undef, 'a primary key is never superfluous');
my $cost = index_of($run, 'job_kind_state_idx')->{cost};
cmp_ok($cost->{wal_with}, '>=', $cost->{wal_without}, 'what it adds to writes is known without load');

# 4. A forecast.
SKIP:
{
	skip 'HypoPG is not installed', 9
	  unless $node->safe_psql('jobs', "SELECT count(*) FROM pg_available_extensions WHERE name = 'hypopg'");
	my $index = "CREATE INDEX CONCURRENTLY job_state_idx ON job (state, id);\nDROP INDEX job_kind_idx;\n";
	($rc, $run, $said) = compare("$index REINDEX TABLE job;\n", '--hypothetical');
	is($rc, 1, 'what if the index was dropped') or diag($said);
	like($said, qr/left out: line 3, reindex/, 'what cannot be foretold is named');
	$read = statement($run, qr/max\(length/);
	ok((grep { $_->{kind} eq 'index_to_seq' && $_->{severity} eq 'harmful' } @{ $read->{plan_changes} }),
		'... and a dropped index is missed');
	my $foretold = index_of($run, 'job_state_idx');
	ok($foretold->{predicted_bytes} > 100_000, 'the size of the new one is foretold');
	is($foretold->{build_seconds}, undef, '... without building it');
	is(databases(), 'jobs', 'nothing is left');
	is($node->safe_psql('jobs', "SELECT count(*) FROM pg_extension WHERE extname = 'hypopg'"),
		'0', '... on staging neither');

	($rc, $run) = compare($index);
	my $built = index_of($run, 'job_state_idx');
	ok($built->{predicted_bytes} > 0 && $built->{arms}{candidate}{size_bytes} > 0,
		'the forecast stands beside what was built');
	$read = statement($run, qr/max\(length/);
	is_deeply(
		[ map { $_->{hash} } @{ $read->{predicted} } ],
		[ map { $_->{hash} } @{ $read->{arms}{candidate}{plans} } ],
		'... and the plans are as foretold');
}

# 5. What goes wrong is said, and leaves nothing.
($rc, $run, $said) = compare("CREATE INDEX job_x_idx ON job (no_such_column);\n");
is($rc, 3, 'a candidate that fails');
like($said, qr/up\.sql:1: create index.*no_such_column/s, '... is named with its line');
is(databases(), 'jobs', '... and leaves nothing');
is($node->safe_psql('jobs', 'SELECT count(*) FROM visit'), '0', 'staging was not written to');

done_testing();
