# What a candidate costs writers: the WAL of a call agrees with what the server itself says in two
# other ways, HOT updates and VACUUM are compared, and every report shows them.
use strict;
use warnings FATAL => 'all';

use GateTest;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'PGREHEARSE is not set' unless $ENV{PGREHEARSE};

# Page images depend on where the last checkpoint was, and splits in the middle of an index on the
# values: without either every call costs the same.
my $node = staging('staging',
	"shared_preload_libraries = 'pg_stat_statements'\nfull_page_writes = off\n");
$node->safe_psql('shop', <<'SQL');
CREATE TABLE story (id int PRIMARY KEY, kind int NOT NULL, body text NOT NULL);
INSERT INTO story SELECT n, n % 50, (SELECT string_agg(md5(n || ' ' || i), '')
  FROM generate_series(1, 30) i) FROM generate_series(1, 1000) n;
CREATE TABLE copy (id bigserial PRIMARY KEY, kind int NOT NULL, body text NOT NULL);
CREATE TABLE stock (id int PRIMARY KEY, kind int NOT NULL, n int NOT NULL) WITH (fillfactor = 40);
INSERT INTO stock SELECT n, n % 50, n FROM generate_series(1, 5000) n;
CREATE INDEX story_spare ON story (left(body, 9));
CREATE INDEX copy_spare ON copy (kind) WHERE kind < 0;
VACUUM ANALYZE;
SQL

my $copy = 'INSERT INTO copy (kind, body) SELECT kind, body FROM story WHERE kind = $1';
my $up = "CREATE INDEX copy_body ON copy (id, left(body, 400));\nCREATE INDEX stock_n ON stock (n);\n";
my $workload = decode_json(slurp_file(workload_file(
	[ 'copy', $copy ], [ 'take', 'UPDATE stock SET n = n + 1 WHERE id = $1' ])));
# Production copied twenty rows in every call.
$workload->{statements}[0]{work}{rows} = 20 * $workload->{statements}[0]{work}{calls};
my $result = gate(gate_file($node,
	up => $up,
	workload => spew(scratch('workload.json'), encode_json($workload)),
	replay => '{rate: 40/s, time: 4s, clients: 2}',
	thresholds => "\n  - {metric: errors.rate, max: 0.1%}"));
my $run = $result->{run} or BAIL_OUT("no run: $result->{err}");
is(left_behind($node), '', 'the clones are gone');
my ($written) = grep { $_->{name} eq 'copy' } @{ $run->{statements} };

# As many calls by hand, on a copy of the database: (by EXPLAIN, by the position in the WAL).
sub by_hand
{
	my ($sql, $calls) = @_;
	$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS hand');
	$node->safe_psql('postgres', 'CREATE DATABASE hand TEMPLATE shop');
	$node->safe_psql('hand', $sql) if $sql;
	my $values = sub { my ($text, $kind) = ($copy, @_); $text =~ s/\$1/$kind/; return $text };
	my $explained = $node->safe_psql('hand',
		join "\n", map { 'EXPLAIN (ANALYZE, WAL, FORMAT JSON) ' . $values->($_ % 50) . ';' } 1 .. $calls);
	my @bytes;
	push @bytes, $_->[0]{Plan}{'WAL Bytes'} for JSON::PP->new->incr_parse($explained);
	my $explain_bytes = 0;
	$explain_bytes += $_ for @bytes;

	$node->safe_psql('postgres', 'DROP DATABASE hand');
	$node->safe_psql('postgres', 'CREATE DATABASE hand TEMPLATE shop');
	$node->safe_psql('hand', $sql) if $sql;
	my $before = $node->safe_psql('hand', 'SELECT pg_current_wal_lsn()');
	# In one transaction: a commit's record is no statement's.
	$node->safe_psql('hand', join "\n", 'BEGIN;', (map { $values->($_ % 50) . ';' } 1 .. $calls), 'COMMIT;');
	my $lsn_bytes = $node->safe_psql('hand', "SELECT pg_current_wal_lsn() - '$before'");
	return ($explain_bytes / @bytes, $lsn_bytes / $calls);
}

sub within
{
	my ($got, $expected, $share, $what) = @_;
	return ok(abs($got / $expected - 1) <= $share, $what)
	  || diag sprintf '%.1f, expected %.1f (%+.2f%%)', $got, $expected, 100 * ($got / $expected - 1);
}

my %per_call;
for my $arm (qw(baseline candidate))
{
	my $work = $written->{arms}{$arm}{work};
	my ($explained, $lsn) = by_hand($arm eq 'candidate' ? $up : undef, $work->{calls});
	$per_call{$arm} = $work->{wal_bytes} / $work->{calls};
	within($per_call{$arm}, $explained, 0.02, "$arm: WAL per call is that of EXPLAIN (ANALYZE, WAL)");
	note sprintf '%s: %.1f bytes, EXPLAIN %.1f, LSN %.1f', $arm, $per_call{$arm}, $explained, $lsn;
	within($per_call{$arm}, $lsn, 0.02, "$arm: ... and what the WAL grows by");
	cmp_ok($work->{wal_records} / $work->{calls}, '>=', 40, "$arm: a record per row and index");
}
cmp_ok($per_call{candidate}, '>', 1.3 * $per_call{baseline}, 'the index is seen in it');

# The same of one index among others, from calls that were undone.
my %cost = map { $_->{name} =~ s/^public\.//r => $_->{cost} } @{ $run->{indexes} };
within($cost{copy_body}{wal_with} - $cost{copy_body}{wal_without}, $per_call{candidate} - $per_call{baseline},
	0.05, 'what an index adds to the WAL of a write is what it added in the replay');
cmp_ok($cost{copy_spare}{wal_with} - $cost{copy_spare}{wal_without}, '<', 0.01 * $per_call{candidate},
	'... an index that no row goes to adds nothing');
cmp_ok($cost{stock_n}{wal_with}, '>', $cost{stock_n}{wal_without} + 50, '... and one on a changing column does');
cmp_ok($cost{stock_n}{hot_without}, '>', 0.9, 'without it updates are HOT');
is($cost{stock_n}{hot_with}, 0, '... with it none is');
is($cost{story_spare}{wal_with}, undef, 'an index of a table that nobody writes has no such cost');
is($cost{copy_pkey}{wal_with}, undef, '... nor has the index of a constraint, which cannot be dropped alone');
my ($taken) = grep { $_->{name} eq 'take' } @{ $run->{statements} };
for my $arm (qw(baseline candidate))
{
	my ($plan) = grep { $_->{rank} > 0 } @{ $taken->{arms}{$arm}{plans} };
	cmp_ok($plan->{wal_bytes}, '>', 0, "$arm: a plan of a statement that writes shows its WAL");
	cmp_ok($plan->{buffers}, '>', 0, '... and its blocks');
}

my ($stock) = grep { $_->{name} eq 'public.stock' } @{ $run->{tables} };
my %arms = map { $_ => $stock->{arms}{$_} } qw(baseline candidate);
cmp_ok($arms{baseline}{updated}, '>', 50, 'updates were counted');
cmp_ok($arms{baseline}{hot_updated} / $arms{baseline}{updated}, '>', 0.9, '... HOT without the index');
is($arms{candidate}{hot_updated}, 0, '... never HOT with it');
cmp_ok($arms{$_}{vacuum_seconds}, '>', 0, "$_: VACUUM was timed") for qw(baseline candidate);

my ($build) = @{ $run->{changes} };
cmp_ok($build->{$_}, '>', 0, "the build's $_ is known") for qw(seconds wal_bytes);
is($build->{temp_bytes}, 0, '... and it needed no temporary files');

like($result->{err}, qr/stock .*HOT updates .* → 0.*VACUUM/s, 'the terminal shows HOT and VACUUM');
like($result->{err}, qr/WAL with page images/, '... and the WAL per call') or diag $result->{err};
like($result->{err}, qr/copy_body .*used by no\s+statement;\s+WAL\s+per\s+write\s+without\s+→\s+with\s+it \S+ \S+\s+→/s,
	'... what each index adds') or diag $result->{err};
like($result->{err}, qr/copy_spare +used by no statement; dropping it saves .*?\s+and up to \S+\s+entries/s,
	'... and what dropping an unused index saves') or diag $result->{err};
for my $file ('report.md', 'report.html')
{
	my $text = slurp_file("$result->{dir}/$file");
	like($text, qr/HOT updates/, "$file shows HOT updates");
	like($text, qr/VACUUM/, '... VACUUM');
	like($text, qr/WAL per write, without → with it/, '... what an index adds to writes');
	like($text, qr/Temporary files/, '... what the build needed');
	like($text, qr/dropping it saves/, '... and which index could go');
}

done_testing();
