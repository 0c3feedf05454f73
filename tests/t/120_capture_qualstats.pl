# Predicates from pg_qualstats: how many rows each throws away, with no constant of production; also
# where a statement's rows and blocks do not tell its predicates apart.
use strict;
use warnings;
use IPC::Run qw(run timeout);
use JSON::PP;
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
	$node->stop;
}
done_testing();
