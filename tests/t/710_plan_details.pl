# Plans of partitioned tables are as HypoPG foretold them, and plans that change by themselves are no
# regression of the candidate's.
use strict;
use warnings FATAL => 'all';

use GateTest;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'PGREHEARSE is not set' unless $ENV{PGREHEARSE};

my $node = staging('staging',
	"shared_preload_libraries = 'pg_stat_statements'\nmax_parallel_workers_per_gather = 0\n");
# Half of the rows is of kind 0, the others have a kind of their own. The planner folds whim(), which
# is not as immutable as it says, into a constant: one kind or the other, as it comes.
$node->safe_psql('shop', <<'SQL');
CREATE TABLE event (id int NOT NULL, kind int NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM ('2026-02-01') TO ('2027-01-01');
INSERT INTO event SELECT n, n % 5000, '2026-01-01'::date + n % 60 FROM generate_series(1, 40000) n;
CREATE TABLE part (id int PRIMARY KEY, kind int NOT NULL, pad text NOT NULL);
INSERT INTO part SELECT n, CASE WHEN n % 2 = 0 THEN 0 ELSE n END, repeat('x', 60)
  FROM generate_series(1, 10000) n;
CREATE INDEX part_kind ON part (kind);
CREATE FUNCTION whim(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
  $$ BEGIN RETURN CASE WHEN pg_catalog.random() < 0.5 THEN 0 ELSE 1 END; END $$;
VACUUM ANALYZE;
SQL

sub compare
{
	my ($up, @statements) = @_;
	my ($rc, $json, $said) = program('plan', '--format', 'json',
		gate_file($node, up => $up, workload => workload_file(@statements)));
	is(left_behind($node), '', 'the clones are gone');
	return ($rc, $json =~ /^\{/ ? decode_json($json) : BAIL_OUT("no run: $said"), $said);
}

my @whims = map { [ "whim $_", "SELECT $_ FROM part WHERE kind = whim(\$1) AND id > 0" ] }
  ('max(id)', 'min(pad)', 'count(*)', 'max(kind)');
my ($rc, $run, $said) = compare("-- nothing\n", @whims);
is($rc, 0, 'plans that change by themselves are no regression') or diag $said;
my ($told) = grep { $_->{kind} eq 'plans' } @{ $run->{disturbances} };
like($told->{text}, qr/got two plans.*: .*whim/, '... and are named') or diag explain $run->{disturbances};
my @unstable = grep { $_->{unstable} }
  map { (@{ $_->{arms}{baseline}{plans} }, @{ $_->{arms}{candidate}{plans} }) } @{ $run->{statements} };
cmp_ok(scalar @unstable, '>', 0, '... in the record too');

SKIP:
{
	skip 'HypoPG is not installed', 4
	  unless $node->safe_psql('shop', "SELECT count(*) FROM pg_available_extensions WHERE name = 'hypopg'");
	($rc, $run, $said) = compare("CREATE INDEX event_kind ON event (kind);\n",
		[ 'of a kind', 'SELECT max(id) FROM event WHERE kind = $1' ]);
	is($rc, 0, 'an index on a partitioned table') or diag $said;
	my ($statement) = @{ $run->{statements} };
	cmp_ok(scalar @{ $statement->{predicted} }, '>', 1, '... is foretold');
	is_deeply(
		[ map { $_->{hash} } @{ $statement->{predicted} } ],
		[ map { $_->{hash} } @{ $statement->{arms}{candidate}{plans} } ],
		'... and its plans are as foretold, by the names of the whole');
}

done_testing();
