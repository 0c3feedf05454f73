# Logs of a real server in every format: the same calls as its statistics counted, no literal in the
# workload, and values that bind uses on a copy of the database.
use strict;
use warnings;
use IPC::Run qw(run timeout);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $pgrehearse = $ENV{PGREHEARSE} or plan skip_all => 'PGREHEARSE is not set';
my $dir = PostgreSQL::Test::Utils::tempdir();

my $node = PostgreSQL::Test::Cluster->new('production');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'pg_stat_statements'
logging_collector = on
log_destination = 'stderr,csvlog,jsonlog'
log_filename = 'pg.log'
log_directory = 'log'
log_line_prefix = '%m [%p] %q%u@%d '
log_min_duration_statement = 0
log_statement = 'none'
log_duration = off
autovacuum = off
CONF
$node->start;
my @production = ('-h', $node->host, '-p', $node->port, '-d', 'shop');

sub pgrehearse
{
	my @command = @_;
	my ($out, $err) = ('', '');
	run([ $pgrehearse, @command ], \undef, \$out, \$err, timeout(60));
	return ($? >> 8, $out, $err);
}

sub statement
{
	my ($of, $like) = @_;
	my @found = grep { $_->{text} =~ $like } @{ $of->{statements} };
	is(scalar @found, 1, "one statement is like $like");
	return $found[0] // {};
}

$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->safe_psql('shop', <<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE TABLE item (id int PRIMARY KEY, kind int, note text);
INSERT INTO item SELECT i, i % 10, 'note ' || i FROM generate_series(1, 1000) i;
ANALYZE item;
SQL
$node->safe_psql('postgres', 'CREATE DATABASE staging TEMPLATE shop');
$node->safe_psql('shop', 'SELECT pg_stat_statements_reset()');

# Production asks for three of a thousand items only: its statistics cannot tell.
my $script = "$dir/traffic.sql";
append_to_file($script, <<'SQL');
\set id 500 + random(1, 3)
SELECT note FROM item WHERE id = :id;
UPDATE item SET kind = id WHERE id = :id;
SQL
for my $protocol (qw(simple extended prepared))
{
	$node->command_ok(
		[ 'pgbench', '-n', '-M', $protocol, '-t', 40, '-f', $script, '-p', $node->port, '-h', $node->host, 'shop' ],
		"traffic, $protocol");
}
$node->safe_psql('shop', <<'SQL');
SELECT id FROM item /* geheim1 */
	WHERE note = 'geheim''2
"geheim3", geheim4' AND kind > -5;
SELECT id FROM item WHERE note = $q$geheim5$q$ OR note = E'geheim6\n';
CREATE ROLE r PASSWORD 'geheim7';
SQL
my $log = $node->data_dir . '/log/pg';
for (1 .. 50) # the collector writes on its own
{
	last if -e "$log.json" && 3 == grep { slurp_file($_) =~ /geheim7/ } map { "$log.$_" } qw(log csv json);
	select undef, undef, undef, 0.1;
}

my ($rc, $out, $err) = pgrehearse('capture', @production, '--since-reset', '-o', "$dir/statistics.json");
is($rc, 0, 'statistics');
my $counted = decode_json(slurp_file("$dir/statistics.json"));
is(statement($counted, qr/^SELECT note/)->{work}{calls}, 120, 'the statistics count the calls');

for my $format (qw(log csv json))
{
	($rc, $out, $err) = pgrehearse('capture', '--log', "$log.$format", '--log-database', 'shop',
		'-o', "$dir/$format.json", '--samples', "$dir/$format.samples");
	is($rc, 0, "$format: read") or diag $err;
	my $text = slurp_file("$dir/$format.json");
	unlike($text . $out . $err, qr/geheim/, "$format: no literal in the workload");
	my $workload = decode_json($text);
	for my $like (qr/^SELECT note/, qr/^UPDATE item/)
	{
		is(statement($workload, $like)->{work}{calls}, 120, "$format: calls as the statistics have them");
	}
	is((stat "$dir/$format.samples")[2] & 0777, 0600, "$format: values are private");
	like(slurp_file("$dir/$format.samples"), qr/geheim'2\\n\\"geheim3\\", geheim4/, "$format: a value over two lines");
	my ($seen) = grep { $_->{text} =~ /^SELECT note/ } @{ decode_json(slurp_file("$dir/$format.samples"))->{statements} };
	is_deeply([ grep { $_->[0] !~ /^50[123]$/ } @{ $seen->{rows} } ], [], "$format: values that were sent");
}

# Beside statistics; bound on the copy; replayed.
($rc, $out, $err) = pgrehearse('capture', '--workload', "$dir/statistics.json", '--log', "$log.csv",
	'--samples', "$dir/samples.json");
is($rc, 0, 'the log beside a workload');
is($out, '', 'the workload is not written again');
($rc, $out, $err) = pgrehearse('bind', '-w', "$dir/statistics.json", '--samples', "$dir/samples.json",
	@production[ 0 .. 3 ], '-d', 'staging', '-o', "$dir/vectors.json", '--calibrate-time', '5s');
is($rc, 0, 'bound');
my $bound = decode_json(slurp_file("$dir/vectors.json"));
my ($select) = grep { $_->{sql} =~ /^SELECT note/ } @{ $bound->{statements} };
is($select->{values_from} // $select->{source}, 'log sample', 'values come from the log');
like($out, qr/(\d+) of \1 log samples find rows on staging/, 'the table says that they find their rows');

# Values whose rows staging does not have are told, and its own are taken.
$node->safe_psql('staging', 'DELETE FROM item WHERE id BETWEEN 501 AND 503');
($rc, $out, $err) = pgrehearse('bind', '-w', "$dir/statistics.json", '--samples', "$dir/samples.json",
	@production[ 0 .. 3 ], '-d', 'staging', '-o', "$dir/vectors.json", '--calibrate-time', '5s');
is($rc, 0, 'bound without those rows');
like($out, qr/0 of \d+ log samples find rows on staging: its own rows are nearer/, 'staging has other rows');

($rc, $out, $err) = pgrehearse('capture', '--log', "$log.log", '--log-line-prefix', '<%p> ');
is($rc, 2, 'the wrong prefix');
like($err, qr/no line has the prefix "<%p> "; the first is: 20/, 'is told with the first line');

$node->stop;
done_testing();
