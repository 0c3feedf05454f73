# bind aims at production's work per call where one step at a time does not lead there: other settings,
# or other values than those of rows that a statement finds, have to be tried together.
use strict;
use warnings;
use IPC::Run qw(run timeout);
use JSON::PP;
use List::Util qw(max);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $pgrehearse = $ENV{PGREHEARSE} or plan skip_all => 'PGREHEARSE is not set';
my $dir = PostgreSQL::Test::Utils::tempdir();
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'pg_stat_statements'
autovacuum = off
full_page_writes = off
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE production');
$node->safe_psql('production', <<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE TABLE customer (id int PRIMARY KEY, name text);
INSERT INTO customer SELECT i, 'customer ' || i FROM generate_series(1, 1000) i;
CREATE TABLE purchase (id int PRIMARY KEY, customer_id int, status text, open bool, at timestamp);
INSERT INTO purchase SELECT i, 1 + i * 7919 % 1000, CASE WHEN i > 49500 THEN 'new' ELSE 'shipped' END, i > 49500,
  timestamp '2026-01-01' + interval '10 minutes' * i FROM generate_series(1, 50000) i;
CREATE INDEX ON purchase (customer_id);
VACUUM ANALYZE;
SQL
$node->safe_psql('postgres', 'CREATE DATABASE staging TEMPLATE production');
my $sql = 'SELECT pg_stat_statements_reset();';
for my $i (1 .. 30) {
	my $low = 30 * $i;
	# As many rows from one customer with twelve are other blocks.
	$sql .= "SELECT c.id, l.id FROM customer c CROSS JOIN LATERAL (SELECT p.id FROM purchase p WHERE p.customer_id = c.id"
	  . " ORDER BY p.at DESC LIMIT 1) l WHERE c.id BETWEEN $low AND " . ($low + 11) . ";";
	# No row is new and so old; each call looks at fifty.
	$sql .= "UPDATE purchase SET status = 'late' WHERE status = 'new' AND at < '2026-12-01' AND customer_id = $low;";
	# Open are the last four days; the range that is looked at is two months.
	$sql .= "SELECT max(at) FROM (SELECT at FROM purchase WHERE open AND id > "
	  . (42000 + $low) . " LIMIT 20) x;";
}
$node->safe_psql('production', $sql);
my $connection = '-h ' . $node->host . ' -p ' . $node->port;
my ($out, $err);
for my $command ("capture $connection -d production --since-reset -o $dir/w.json",
	"bind $connection -d staging -w $dir/w.json -o $dir/w.vectors --calibrate-time 20s")
{
	run([ $pgrehearse, split / /, $command ], \undef, \$out, \$err, timeout(180));
	is($? >> 8, 0, $command =~ s/ .*//r) or diag $err;
}
note $out;
for my $what (
	[ 'select customer', 'the latest of each in a range of customers' ],
	[ 'update purchase', 'an update that looks at many rows and finds none' ],
	[ 'select max', 'a range that is wider than the rows that another condition leaves' ])
{
	my ($name, $says) = @$what;
	my ($rows_there, $rows, $there, $here) = $out =~ /^$name.*?\s[\d.]+\s+\d+\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)/m;
	ok(defined $here, "$says: measured") or next;
	cmp_ok(abs($rows - $rows_there), '<=', 1.5, '... its rows');
	cmp_ok($here / $there, '>', 0.75, '... and its blocks');
	cmp_ok($here / $there, '<', 1.33, '... not more');
}
my ($latest) = grep { $_->{sql} =~ /LATERAL/ } @{ decode_json(slurp_file("$dir/w.vectors"))->{statements} };
cmp_ok(max(map { $_->[-1] } @{ $latest->{vectors} }), '>', 800, 'rows of a join are from all pages of its table');
$node->stop;
done_testing();
