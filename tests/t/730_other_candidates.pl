# Candidates that are no index: statistics, storage, planner settings, a migration that partitions;
# an index that nobody uses; and one that locks the replay out.
use strict;
use warnings FATAL => 'all';

use GateTest;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'PGREHEARSE is not set' unless $ENV{PGREHEARSE};

my $node = staging('staging',
	"shared_preload_libraries = 'pg_stat_statements'\nmax_parallel_workers_per_gather = 0\n");
# Kind says all about sort: without statistics on both, a planner expects a 50th of the rows.
$node->safe_psql('shop', <<'SQL');
CREATE TABLE sale (id int PRIMARY KEY, kind int NOT NULL, sort int NOT NULL, at date NOT NULL,
  pad text NOT NULL);
INSERT INTO sale SELECT n, n % 50, n % 50, '2026-01-01'::date + n % 100, repeat('x', 100)
  FROM generate_series(1, 20000) n;
CREATE INDEX sale_kind ON sale (kind);
CREATE TABLE unused (id int PRIMARY KEY, n int);
INSERT INTO unused SELECT n, n FROM generate_series(1, 1000) n;
VACUUM ANALYZE;
SQL

my $workload = workload_file(
	[ 'both', 'SELECT max(length(pad)) FROM sale WHERE kind = $1 AND sort = $2' ],
	[ 'day', 'SELECT sum(kind) FROM sale WHERE at = $1' ],
	[ 'move', 'UPDATE sale SET pad = pad WHERE id = $1' ]);
my $fine = "\n  - {metric: errors.rate, max: 0.1%}"
  . "\n  - {metric: buffers.touched_per_call, scope: each read, max_ratio: 1.20}";

sub try
{
	my ($up, %section) = @_;
	my $r = gate(gate_file($node, up => $up, workload => $workload, thresholds => $fine,
		replay => '{rate: 40/s, time: 2s, clients: 4}', %section));
	is(left_behind($node), '', 'the clones are gone');
	return $r;
}

sub statement
{
	my ($r, $name) = @_;
	return (grep { $_->{name} eq $name } @{ $r->{run}{statements} })[0];
}

sub blocks
{
	my ($r, $name, $arm) = @_;
	my $work = statement($r, $name)->{arms}{$arm}{work};
	return ($work->{shared_hit} + $work->{shared_read}) / $work->{calls};
}

my $r = try('CREATE STATISTICS sale_stats (dependencies) ON kind, sort FROM sale;');
passes($r, 'CREATE STATISTICS passes');
is($r->{run}{changes}[0]{kind}, 'create statistics', '... and is recorded');
my %rows = map {
	my ($plan) = grep { $_->{rank} > 0 } @{ statement($r, 'both')->{arms}{$_}{plans} };
	$_ => $plan->{tree} // $plan
} qw(baseline candidate);
ok($rows{baseline} && $rows{candidate}, '... the plans of both arms are kept');

$r = try('ALTER TABLE sale SET (fillfactor = 80, autovacuum_enabled = off);');
passes($r, 'ALTER TABLE SET (storage) passes');
is($r->{run}{changes}[0]{error}, undef, '... without an error');

for my $up ("ALTER DATABASE shop SET enable_indexscan = off;\nALTER DATABASE shop SET enable_bitmapscan = off;",
	"ALTER ROLE CURRENT_USER IN DATABASE shop SET enable_indexscan = off;\n"
	  . "ALTER ROLE CURRENT_USER IN DATABASE shop SET enable_bitmapscan = off;")
{
	my ($what) = $up =~ /^ALTER (\w+)/;
	$r = try($up);
	is($r->{code}, 1, "ALTER $what SET of a planner setting that costs an index: exit code 1")
	  or diag $r->{err};
	is((checks($r, 'buffers.touched_per_call', 'both'))[0]{outcome}, 'FAIL', '... by the blocks it reads');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_db_role_setting'), '0',
		'... and staging has no such setting');
}

my $partition = <<'SQL';
CREATE TABLE sale_1 AS SELECT * FROM sale WHERE at < '2026-02-01';
CREATE TABLE sale_2 AS SELECT * FROM sale WHERE at >= '2026-02-01' AND at < '2026-03-01';
CREATE TABLE sale_3 AS SELECT * FROM sale WHERE at >= '2026-03-01';
DROP TABLE sale;
CREATE TABLE sale (LIKE sale_1) PARTITION BY RANGE (at);
ALTER TABLE sale ATTACH PARTITION sale_1 FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
ALTER TABLE sale ATTACH PARTITION sale_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
ALTER TABLE sale ATTACH PARTITION sale_3 FOR VALUES FROM ('2026-03-01') TO ('2027-01-01');
CREATE INDEX ON sale (kind);
CREATE INDEX ON sale (id);
SQL
$r = try($partition);
is($r->{code}, 2, 'a migration that is not declared is refused');
like($r->{err}, qr/kind: migration/, '... with the way to declare it') or diag $r->{err};
my $sql = spew(scratch('migration.sql'), $partition);
$r = gate(gate_file($node, workload => $workload, candidate => "{up: $sql, kind: migration}",
	replay => '{rate: 40/s, time: 2s, clients: 4}', thresholds => "\n  - {metric: errors.rate, max: 0.1%}"));
passes($r, 'partitioning, declared as a migration, is rehearsed');
is(left_behind($node), '', '... the clones are gone');
is(scalar @{ $r->{run}{changes} }, 10, '... every statement of it is recorded');
cmp_ok(blocks($r, 'day', 'candidate'), '<', 0.6 * blocks($r, 'day', 'baseline'),
	'... and pruning is seen in the blocks');

$r = try('CREATE INDEX unused_n ON unused (n);',
	thresholds => "\n  - {metric: index.used, min: 1}\n  - {metric: errors.rate, max: 0.1%}");
is($r->{code}, 1, 'an index on a table that the workload never uses: exit code 1') or diag $r->{err};
like((checks($r, 'index.used'))[0]{why}, qr/no statement of the replay used public\.unused_n/, '... and why');
like($r->{err}, qr/no\s+statement\s+of\s+the\s+workload\s+touches,.*:\s+public\.unused$/ms,
	'... and that the run says nothing about that table') or diag $r->{err};

# What would reach beyond the clone is refused before anything is made, with another way.
$r = try('ALTER SYSTEM SET work_mem = \'1MB\';');
is($r->{code}, 2, 'ALTER SYSTEM is refused: one server serves both arms');
like($r->{err}, qr/ALTER SYSTEM SET.*both arms.*ALTER DATABASE \.\.\. SET/s, '... with the setting of a database as the way')
  or diag $r->{err};
$r = try('ALTER DATABASE shop SET shared_buffers = \'64MB\';');
is($r->{code}, 3, 'a setting that a database cannot have: exit code 3');
like($r->{err}, qr/up\.sql:1: setting.*shared_buffers/s, '... in the words of the server') or diag $r->{err};

$r = try('ALTER DATABASE shop SET default_transaction_read_only = on;',
	thresholds => "\n  - {metric: errors.rate, max: 0.1%}");
is($r->{code}, 1, 'a candidate that locks the writers out: exit code 1') or diag $r->{err};
unlike($r->{err}, qr/of\s+the\s+workload\s+touches/, '... and nothing is said about tables');
like($r->{err}, qr/SQLSTATE\s+25006/, '... with the SQLSTATE') or diag $r->{err};

done_testing();
