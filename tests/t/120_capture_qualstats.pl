# Predicates from pg_qualstats: how many rows each throws away and how common its constants are, with
# no constant of production; also where a statement's rows and blocks do not tell its predicates apart.
# bind then sends the values that are as common as production's.
use strict;
use warnings;
use IPC::Run qw(run timeout);
use JSON::PP;
use List::Util qw(sum);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $pgrehearse = $ENV{PGREHEARSE} or plan skip_all => 'PGREHEARSE is not set';
my $libdir = qx(pg_config --pkglibdir);
chomp $libdir;
plan skip_all => 'pg_qualstats is not installed (postgresql-15-pg-qualstats)'
  unless -e "$libdir/pg_qualstats.so";
my $dir = PostgreSQL::Test::Utils::tempdir();

for my $constants (qw(on off))
{
	my $node = PostgreSQL::Test::Cluster->new("constants_$constants");
	$node->init;
	$node->append_conf('postgresql.conf', <<"CONF");
shared_preload_libraries = 'pg_stat_statements,pg_qualstats'
pg_qualstats.sample_rate = 1
pg_qualstats.track_constants = $constants
autovacuum = off
CONF
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements');
	$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA stats;
CREATE EXTENSION pg_qualstats SCHEMA stats;
CREATE TABLE item (kind int, colour text);
INSERT INTO item SELECT i % 100, CASE WHEN i % 2 = 0 THEN 'geheim' ELSE 'red' END FROM generate_series(0, 999) i;
ANALYZE item;
SELECT pg_stat_statements_reset();
SELECT stats.pg_qualstats_reset();
SELECT count(*) FROM item WHERE kind = 77;
SELECT count(colour) FROM item WHERE colour = 'geheim';
SQL
	my ($out, $err) = ('', '');
	run([ $pgrehearse, 'capture', '-h', $node->host, '-p', $node->port, '-d', 'postgres', '--since-reset', '-o', "$dir/$constants.json" ],
		\undef, \$out, \$err, timeout(60));
	is($? >> 8, 0, "constants $constants: captured") or diag $err;
	my $text = slurp_file("$dir/$constants.json");
	unlike($text . $out . $err, qr/geheim/, "constants $constants: none leaves production");
	my $workload = decode_json($text);
	my ($kind) = grep { $_->{text} =~ /kind =/ } @{ $workload->{statements} };
	my ($colour) = grep { $_->{text} =~ /colour =/ } @{ $workload->{statements} };
	is($kind->{work}{rows}, $colour->{work}{rows}, "constants $constants: the same rows per call");
	is($kind->{quals}[0]{table}, 'item', "constants $constants: the table");
	is($kind->{quals}[0]{column} . ' ' . $kind->{quals}[0]{operator}, 'kind =', "constants $constants: the predicate");
	is($kind->{quals}[0]{evaluated}, 1000, "constants $constants: rows it was evaluated for");
	cmp_ok(abs($kind->{quals}[0]{filter_ratio} - 0.99), '<', 0.001, "constants $constants: a selective predicate");
	cmp_ok(abs($colour->{quals}[0]{filter_ratio} - 0.5), '<', 0.001, "constants $constants: and one that is not");
	run([ $pgrehearse, 'inspect', "$dir/$constants.json" ], \undef, \$out, \$err, timeout(60));
	like($out, qr/Predicates.*99\.0%  item\.kind =  in select/s, "constants $constants: inspect shows it");
	my @ranks = map { [ @$_{qw(rank executions)} ] } @{ $colour->{quals}[0]{values} // [] };
	is_deeply(\@ranks, $constants eq 'on' ? [ [ 1, 1 ] ] : [], "constants $constants: how common the constant is");
	$node->stop;
}

my $node = PostgreSQL::Test::Cluster->new('jobs');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'pg_stat_statements,pg_qualstats'
pg_qualstats.sample_rate = 1
autovacuum = off
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE production');
# Every status has its 5% at least, so that LIMIT cuts off the same rows from the same blocks.
$node->safe_psql('production', <<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE EXTENSION pg_qualstats;
CREATE TABLE job (id int PRIMARY KEY, status text, urgent bool, started int) PARTITION BY RANGE (id);
CREATE TABLE job_a PARTITION OF job FOR VALUES FROM (0) TO (5000);
CREATE TABLE job_b PARTITION OF job FOR VALUES FROM (5000) TO (10001);
CREATE TABLE visit (page int, ms int);
INSERT INTO visit SELECT i % 50, i * 7919 % 10000 FROM generate_series(1, 20000) i;
CREATE INDEX ON visit (page);
INSERT INTO job SELECT i, CASE WHEN i % 20 = 0 THEN 'it''s "queued"' WHEN i % 20 = 1 THEN 'running'
  WHEN i % 20 < 5 THEN 'failed' ELSE 'done' END, i % 20 < 3, (i * 7919) % 10000 FROM generate_series(0, 10000) i;
SQL
$node->safe_psql('production', 'VACUUM ANALYZE');
$node->safe_psql('postgres', 'CREATE DATABASE staging TEMPLATE production');
my $one = q{SELECT id FROM job WHERE status = 'it''s "queued"' AND urgent = true ORDER BY started LIMIT 10;};
my $some = join '', map { "SELECT started FROM job WHERE status = '$_' ORDER BY id DESC LIMIT 5;" }
  ('running', ('failed') x 3);
my $list = q{SELECT count(*) FROM job WHERE status IN ('running', 'failed');};
$node->safe_psql('production', "SELECT pg_stat_statements_reset(); SELECT pg_qualstats_reset();" . "$one$some$list" x 5
	  # Whatever the limit is, a count is one row, and the blocks are those of a page: 2% of its visits are that long.
	  . join '', map { "SELECT count(*) FROM visit WHERE page = " . 3 * $_ . " AND ms > " . (9790 + $_) . ';' } 1 .. 15);
my $connection = '-h ' . $node->host . ' -p ' . $node->port;
my ($out, $err);
for my $command ("capture $connection -d production --since-reset -o $dir/jobs.json",
	"bind $connection -d staging -w $dir/jobs.json -o $dir/jobs.vectors")
{
	run([ $pgrehearse, split / /, $command ], \undef, \$out, \$err, timeout(120));
	is($? >> 8, 0, $command =~ s/ .*//r) or diag $err;
}
unlike(slurp_file("$dir/jobs.json"), qr/queued/, 'no constant leaves production');

# How often the vectors of a statement send each value of a parameter, in percent.
sub shares
{
	my ($statement, $parameter) = @_;
	my (%share, $total);
	my @weights = @{ $statement->{weights} // [ map { 1 } @{ $statement->{vectors} } ] };
	for my $vector (@{ $statement->{vectors} }) {
		my $weight = shift @weights;
		$share{ $vector->[$parameter] } += $weight;
		$total += $weight;
	}
	return { map { $_ => sprintf '%.0f', 100 * $share{$_} / $total } keys %share };
}

my $vectors = decode_json(slurp_file("$dir/jobs.vectors"));
my ($queued, $varied, $listed) = map {
	my $what = $_;
	grep { $_->{sql} =~ /$what/ } @{ $vectors->{statements} }
} ('urgent', 'SELECT started', 'IN \(');
is_deeply(shares($queued, 0), { 'it\'s "queued"' => 100 }, 'the one value that production sends');
is_deeply(shares($varied, 0), { running => 25, failed => 75 }, 'several values, as often as production sends them');
is_deeply([ sort map { keys %{ shares($listed, $_) } } 0, 1 ], [qw(failed running)], 'elements of a list');
my ($long) = grep { $_->{sql} =~ /visit/ } @{ $vectors->{statements} };
my @weights = @{ $long->{weights} // [ map { 1 } @{ $long->{vectors} } ] };
my $longer = 0;
$longer += $weights[$_] / sum(@weights) * (10000 - $long->{vectors}[$_][1]) for 0 .. $#weights;
note "above the limit: $longer of 10000";
cmp_ok(abs($longer / 200 - 1), '<', 0.25, 'a filter throws away as many rows as in production');
$node->stop;
done_testing();
