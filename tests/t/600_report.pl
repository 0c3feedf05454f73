# `pgrehearse report` on a stored run: each format is accepted by the program that reads it, the
# figures are those of run.json, and mistakes on the command line say what would be right.

use strict;
use warnings FATAL => 'all';

use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Files;
use IPC::Run qw(run);
use JSON::PP;
use Test::More;

my $program = $ENV{PGREHEARSE} or die 'PGREHEARSE names the program to test';
my $golden = dirname(dirname(__FILE__)) . '/golden/report/run.json';
my $dir = tempdir(CLEANUP => 1);

# (exit code, stdout, stderr)
sub pgrehearse
{
	my ($out, $err) = ('', '');
	run [ $program, @_ ], '<', \undef, '>', \$out, '2>', \$err;
	return ($? >> 8, $out, $err);
}

my $record = decode_json(slurp($golden));
my ($code, $out, $err);

# The summary, and one format on standard output.
($code, $out, $err) = pgrehearse('report', $golden);
is($code, 0, 'the summary needs no option');
like($out, qr/\AFAIL  customer timeline index/, 'the verdict is its first line');
is($err, '', 'and nothing else is said');

# TAP, as prove sees it: what the gate found, nothing more and no parse error.
($code, $out) = pgrehearse('report', $golden, '--format', 'tap');
is($code, 0, 'TAP goes to standard output');
spew("$dir/gate.tap", $out);
my $prove = qx(prove --exec cat "$dir/gate.tap" 2>&1);
is($? >> 8, 1, 'prove fails for a run that fails');
unlike($prove, qr/Parse errors/, 'and finds no fault with the TAP');
my @not_ok = grep { $record->{checks}[ $_ - 1 ]{outcome} ne 'PASS' } 1 .. @{ $record->{checks} };
my ($failed) = $prove =~ /Failed tests?:\s+([\d, -]+)/;
$failed =~ s/(\d+)-(\d+)/join ',', $1 .. $2/e;
is_deeply([ $failed =~ /\d+/g ], \@not_ok, 'it counts FAIL and INCONCLUSIVE as not ok');

my @points = split /^(?=(?:not )?ok )/m, $out;
shift @points;
is(@points, @{ $record->{checks} }, 'one test point per check');
for my $i (0 .. $#points)
{
	my $check = $record->{checks}[$i];
	my %figure = $points[$i] =~ /^  (limit|baseline|candidate|estimate): (\S+)$/mg;
	my @differ = grep {
		my $want = $check->{$_};
		defined $want ? $figure{$_} eq 'null' || $figure{$_} != $want : $figure{$_} ne 'null'
	} sort keys %figure;
	is_deeply(\@differ, [], "figures of test point @{[$i + 1]} are those of run.json");
}

# All formats into a directory.
($code, $out, $err) = pgrehearse('report', $golden, '--format', 'all', '-o', "$dir/all");
is($code, 0, 'all formats go to a directory') or diag($err);
is(slurp("$dir/all/gate.tap"), slurp("$dir/gate.tap"), 'a file holds what standard output got');

SKIP:
{
	skip 'xmllint is not installed', 1 if system('command -v xmllint >/dev/null') != 0;
	my $said = qx(xmllint --noout "$dir/all/junit.xml" 2>&1);
	is($said, '', 'junit.xml is well-formed');
}
my $junit = slurp("$dir/all/junit.xml");
my ($tests, $failures, $errors) = $junit =~ /tests="(\d+)" failures="(\d+)" errors="(\d+)"/;
is($tests, () = $junit =~ /<testcase /g, 'JUnit counts its cases');
is($failures, () = $junit =~ /<failure /g, 'and its failures');
is($errors, () = $junit =~ /<error /g, 'and what it could not decide');

SKIP:
{
	skip 'promtool is not installed', 1 if system('command -v promtool >/dev/null') != 0;
	my $said = qx(promtool check metrics < "$dir/all/metrics.txt" 2>&1);
	is($said, '', 'promtool has nothing to say about the metrics');
}
my $p95 = $record->{statements}[0]{arms}{candidate}{service}{p95};
my ($sample) = slurp("$dir/all/metrics.txt") =~
  /^pgrehearse_statement_latency_seconds\{statement="customer timeline",arm="candidate",clock="service",stat="p95"\} (\S+)$/m;
cmp_ok($sample, '==', $p95, 'a latency among the metrics is that of run.json');

my @tagged = slurp("$dir/all/latency.hlog") =~ /^Tag=([^,\s]+),[\d.]+,[\d.]+,[\d.]+,HISTFAAA\S+$/mg;
is(@tagged, 4 * grep({ !$_->{skip_reason} } @{ $record->{statements} }),
	'the log has a tagged interval per statement, arm and clock');

# A result directory is as good as its run.json.
mkdir "$dir/results" or die $!;
run [ 'cp', $golden, "$dir/results/run.json" ];
($code, $out) = pgrehearse('report', "$dir/results", '--format=tap');
is($out, slurp("$dir/gate.tap"), 'a result directory stands for its run.json');

# Mistakes.
($code, $out, $err) = pgrehearse('report', $golden, '--format', 'pdf');
is($code, 2, 'an unknown format is a usage error');
like($err, qr/"pdf".*hint: the formats are tap, junit, json, html/s, 'that lists the known ones');
($code, $out, $err) = pgrehearse('report', $golden, '--format', 'tap,junit');
is($code, 2, 'several formats do not go to standard output');
like($err, qr/--output DIR/, 'and the hint says where to');
($code, $out, $err) = pgrehearse('report');
is($code, 2, 'a run must be named');
($code, $out, $err) = pgrehearse('report', "$dir/nowhere");
is($code, 2, 'a run that is not there is a usage error');
like($err, qr/nowhere/, 'that names the path');

done_testing();
