# What the judge says of real arms: what a writer logs is found in seconds, and arms that take turns.
use strict;
use warnings FATAL => 'all';

use File::Temp;
use GateTest;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'PGREHEARSE is not set' unless $ENV{PGREHEARSE};

my $labs = File::Temp::tempdir(CLEANUP => 1);
$ENV{PGREHEARSE_LAB} = "$labs/lab";
my ($code, $out, $err) = program('lab', 'start');
is($code, 0, 'a lab for all gates') or BAIL_OUT($err);
END { program('lab', 'stop') if $labs; }

mkdir "$labs/shop" or BAIL_OUT("cannot make a fixture: $!");
spew("$labs/shop/010_shop.sql", <<'SQL');
CREATE TABLE item (id int PRIMARY KEY, kind int NOT NULL, note text NOT NULL);
INSERT INTO item SELECT n, n % 500, md5(n::text) FROM generate_series(1, 20000) n;
CREATE TABLE entry (id bigserial PRIMARY KEY, item int NOT NULL, body text NOT NULL);
INSERT INTO entry (item, body) SELECT id, note || note FROM item;
CREATE INDEX entry_item ON entry (item);
VACUUM ANALYZE;
SQL
my $workload = workload_file(
	[ 'by id', 'SELECT note FROM item WHERE id = $1' ],
	[ 'enter', 'INSERT INTO entry (item, body) SELECT id, note || note FROM item WHERE id = $1' ]);

sub rehearse
{
	my (%section) = @_;
	my $r = gate(gate_file(undef, staging => "{lab: {fixture: $labs/shop}}", workload => $workload, %section));
	$r->{run} or BAIL_OUT("no run: $r->{err}");
	return $r;
}

# So soon after a checkpoint, images of pages would be nearly all of the WAL.

my $wide = rehearse(
	up => 'CREATE INDEX entry_wide ON entry (id, item, body);',
	replay => '{rate: 150/s, time: 6s, clients: 4}',
	thresholds => "\n  - {metric: wal.bytes_per_call, scope: each write, max_ratio: 1.30}");
is($wide->{code}, 1, 'a wide index raises WAL by half: exit code 1') or diag $wide->{err};
my ($wal) = checks($wide, 'wal.bytes_per_call', 'enter');
cmp_ok($wal->{estimate}, '>', 1.4, '... and bytes say so, not records');
cmp_ok($wal->{estimate}, '<', 1.8, '... as many as there are');

# Arms that take turns

my $half_percent = "\n  - {metric: errors.rate, max: 0.5%}";

# Each op as [due of the baseline, due of the candidate], in the order of the schedule.
sub pairs_of
{
	my ($r) = @_;
	my $bytes = slurp_file("$r->{dir}/samples.bin");
	my %due;
	for (my $at = 64; $at < length $bytes; $at += 48)
	{
		my ($time, $op, $arm) = unpack 'Q< x24 L< x2 C', substr($bytes, $at, 48);
		$due{$op}[$arm] = $time / 1e9;
	}
	return map { $due{$_} } sort { $a <=> $b } keys %due;
}

my $slices = rehearse(
	replay => '{rate: 200/s, time: 4s, clients: 4, design: slices, slice: 200ms, early_stop: false}',
	thresholds => $half_percent);
passes($slices, 'design: slices runs');
is($slices->{run}{replay}{design}, 'slices', '... and the run record says so');
my @pairs = pairs_of($slices);
cmp_ok(scalar @pairs, '>', 250, '... with half of the ops that pairs would have');
# In the n-th period of 0.4 s the baseline goes first when n is even.
is((grep { my ($a, $b) = @$_; int($a / 0.2) == int($b / 0.2) } @pairs) + 0, 0, '... never both arms in a slice');
is((grep { my ($a, $b) = @$_; (int($a / 0.4) % 2 == 0) != ($a < $b) } @pairs) + 0, 0, '... in the order A B, B A');
is((grep { my ($a, $b) = @$_; abs(abs($a - $b) - 0.2) > 1e-6 } @pairs) + 0, 0, '... the same ops a slice later');

my $alone = rehearse(
	replay => '{rate: 200/s, time: 8s, clients: 4, alone: 25%, slice: 100ms, early_stop: false}',
	thresholds => "$half_percent\n  - {metric: latency.p50, max_ratio: 3}\n"
	  . '  - {metric: wal.bytes_per_call, scope: each write, max_ratio: 1.30}');
my ($check) = checks($alone, 'alone.p50');
isnt($check->{outcome}, 'FAIL', 'alone: nothing changes, so the arms are alike alone, too') or diag $check->{why};
my $n_alone = grep { abs($_->[0] - $_->[1]) > 0.05 } pairs_of($alone);
cmp_ok($n_alone, '>', 100, '... after ops that one arm had to itself');
# A pair across the border of a turn may count there.
cmp_ok(abs($check->{samples}{baseline} / $n_alone - 1), '<', 0.1, '... which alone.p50 is about');
my ($paired) = checks($alone, 'latency.p50');
cmp_ok($paired->{samples}{baseline}, '>', 3 * $check->{samples}{baseline}, '... and the other checks are about pairs');
($wal) = checks($alone, 'wal.bytes_per_call', 'enter');
is($wal->{outcome}, 'PASS', '... and where nothing changes, WAL passes') or diag $wal->{why};
cmp_ok(abs($wal->{estimate} - 1), '<', 0.01, '... as it agrees within a hundredth');

# The dead band

my $yaml = gate_file(undef, staging => "{lab: {fixture: $labs/shop}}", workload => $workload,
	up => 'DROP INDEX entry_item;', replay => '{rate: 200/s, time: 1s, clients: 4}');
($code, $out, $err) = program('calibrate', $yaml, '-T', '5s');
ok($code == 0 || ($code == 4 && $err =~ /cannot be trusted: the (machine|load generator)/),
	'calibrate: exit code 0') or diag $err;
like($out, qr/^dead_band: [\d.]+%$/m, '... and the line for gate.yaml');
like($out, qr/^latency\.p50 +[+-][\d.]+% /m, '... after what was measured');
is(newest_result($yaml)->{run}{candidate}{candidate_name}, 'unchanged', '... without the candidate');
($code, $out, $err) = program('calibrate', "$labs/none.yaml");
is($code, 2, 'calibrate: a file that is not there: exit code 2');

done_testing();
