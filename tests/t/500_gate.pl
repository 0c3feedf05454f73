# The main job from end to end on a lab: the five gates of workloads/orders reach their verdicts,
# and what they leave behind is read by programs that are not ours.
#
# Counters decide here, not clocks: what the machine is busy with besides may leave a timing check
# open, and may forbid a PASS, but it must not turn a verdict round.
use strict;
use warnings FATAL => 'all';

use File::Basename qw(dirname);
use File::Spec;
use File::Temp;
use GateTest;
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'PGREHEARSE is not set' unless $ENV{PGREHEARSE};

my $root = dirname(dirname(dirname(File::Spec->rel2abs(__FILE__))));
my $labs = File::Temp::tempdir(CLEANUP => 1);
my $results = File::Spec->rel2abs(scratch('results'));
chdir $root or BAIL_OUT("cannot enter $root");    # the gates' paths begin there
$ENV{PGREHEARSE_LAB} = "$labs/lab";
my ($code, $out, $err) = program('lab', 'start');
is($code, 0, 'a lab for all gates') or BAIL_OUT($err);
END { program('lab', 'stop') if $labs; }

my $busy = qr/^the machine was saturated|^the load generator was late|^only \S+ of the wanted rate/;

# A gate of workloads/orders, with less traffic than it asks for.
sub orders
{
	my ($name) = @_;
	my $dir = "$results-$name";
	my ($exit, $stdout, $stderr) = program('gate', "$root/workloads/orders/$name.yaml", '-o', $dir,
		'--time', '8s', '--rate', '60/s', '--no-color');
	my ($path) = glob "$dir/*";
	my $r = { code => $exit, out => $stdout, err => $stderr, dir => $path,
		run => $path && decode_json(slurp_file("$path/run.json")) };
	ok($r->{run}, "$name: there is a result") or BAIL_OUT($stderr);
	return $r;
}

sub failing
{
	my ($r) = @_;
	return grep { $_->{outcome} eq 'FAIL' } @{ $r->{run}{checks} };
}

# What must hold of every run.
sub sound
{
	my ($r, $name) = @_;
	my $g = $r->{run}{generator};
	my %code_of = (PASS => 0, FAIL => 1, INCONCLUSIVE => 4);
	is($r->{code}, $code_of{ $r->{run}{verdict}{outcome} }, "$name: the exit code is the verdict's");
	# All but BEGIN and END, which capture leaves out and counts.
	is(scalar(grep { defined $_->{skip_reason} } @{ $r->{run}{statements} }),
		0, "$name: every statement is replayed");
	cmp_ok($r->{run}{coverage}{coverage_time}, '>', 0.99, "$name: ... and nearly all of the time");
	is($g->{errors} + $g->{unfinished}, 0, "$name: every request was answered, without an error");
	is($r->{out}, slurp_file("$r->{dir}/gate.tap"), "$name: standard output is gate.tap");

	# prove knows nothing of us.
	my $said = '';
	IPC::Run::run([ 'prove', '--exec', 'cat', "$r->{dir}/gate.tap" ], '>', \$said, '2>&1');
	is($? == 0, $r->{code} == 0, "$name: prove comes to the same end") or diag $said;
	unlike($said, qr/Parse errors/, "$name: prove finds no fault with the TAP");

	IPC::Run::run([ "$root/tests/schema_check.py", "$root/harness/model/run.schema.json",
			"$r->{dir}/run.json" ], '>', \$said, '2>&1');
	is($?, 0, "$name: run.json validates against its schema") or diag $said;

	my ($again, $tap) = program('judge', $r->{dir}, '--format', 'tap');
	is($again, $r->{code}, "$name: judge comes to the same verdict");
	my ($then, $now) = map { join '', /^((?:not )?ok .*\n|  why: .*\n)/mg } $r->{out}, $tap;
	is($now, $then, "$name: ... for the same reasons");
	my @clones = program('clone', 'list', '-d', lab_connection());
	is($clones[1], "no clones\n", "$name: no clone is left");
}

sub lab_connection
{
	my (undef, $said) = program('lab', 'status');
	my ($host, $port) = $said =~ /-h (\S+) -p (\d+)/ or die $said;
	return "host=$host port=$port user=postgres dbname=postgres";
}

my $helps = orders('gate');
sound($helps, 'helps');
is((failing($helps)) + 0, 0, 'the index for the customer timeline: no check fails') or diag $helps->{err};
is((checks($helps, 'index.used'))[0]{outcome}, 'PASS', '... it is used');
my ($timeline) = grep { $_->{scope} =~ /customer timeline/ } checks($helps, 'buffers.touched_per_call');
cmp_ok($timeline->{estimate}, '<', 0.9, '... and saves blocks');
ok($helps->{run}{verdict}{outcome} eq 'PASS' || open_for_a_reason($helps),
	'... the verdict is PASS, or what is open is a matter of time') or diag $helps->{err};

# Only timing checks may be open, and the run as a whole only because of the machine.
sub open_for_a_reason
{
	my ($r) = @_;
	my @open = grep { $_->{outcome} ne 'PASS' } @{ $r->{run}{checks} };
	my %why = map { $_->{why} => 1 } @open;
	my @others = (
		grep({ $_->{outcome} ne 'INCONCLUSIVE' || $_->{metric} !~ /^latency\./ } @open),
		grep({ !$why{$_} && $_ !~ $busy } @{ $r->{run}{verdict}{reasons} }));
	return !@others;
}

my $unchanged = orders('gate-unchanged');
sound($unchanged, 'unchanged');
is((failing($unchanged)) + 0, 0, 'nothing changes: no check fails') or diag $unchanged->{err};
ok($unchanged->{run}{verdict}{outcome} eq 'PASS' || open_for_a_reason($unchanged),
	'... the verdict is PASS, or what is open is a matter of time') or diag $unchanged->{err};

my $unused = orders('gate-unused');
sound($unused, 'unused');
is($unused->{code}, 1, 'an index that nobody uses: exit code 1');
like($unused->{out}, qr/^not ok \d+ - index\.used of public\.orders_shipping_country_idx$/m, '... naming index.used')
  or diag $unused->{err};
is((grep { $_->{metric} ne 'index.used' } failing($unused)) + 0, 0, '... and nothing else');

my $hot = orders('gate-hot-killer');
sound($hot, 'hot-killer');
is($hot->{code}, 1, 'an index on a column that HOT updates change: exit code 1');
like($hot->{out}, qr/^not ok \d+ - table\.hot_ratio of public\.inventory$/m, '... naming table.hot_ratio')
  or diag $hot->{err};
like($hot->{out}, qr/^not ok \d+ - wal\.bytes_per_call of reserve stock$/m, '... and the WAL of the update');
like($hot->{err}, qr/table\.hot_ratio of public\.inventory/, '... on the terminal too');

my $dropped = orders('gate-drop-needed');
sound($dropped, 'drop-needed');
is($dropped->{code}, 1, 'an index that is needed is dropped: exit code 1');
like($dropped->{out}, qr/^not ok \d+ - buffers\.touched_per_call of customer timeline$/m, '... naming the statement')
  or diag $dropped->{err};
is((grep { $_->{scope} ne 'customer timeline' && $_->{metric} =~ /^buffers/ } failing($dropped)) + 0, 0,
	'... and only that one');

# latency.hlog, read by another HdrHistogram library

SKIP:
{
	skip 'node and npm are not installed', 1
	  if system('command -v node >/dev/null && command -v npm >/dev/null') != 0;
	my $dir = File::Temp::tempdir(CLEANUP => 1);
	my $said = qx(cd $dir && HOME=$dir timeout 60 npm install --no-audit --no-fund --silent hdr-histogram-js\@3 2>&1);
	skip "hdr-histogram-js cannot be installed from the npm registry: $said", 1 if $?;
	spew("$dir/decode.js", <<'JS');
const hdr = require('hdr-histogram-js');
const text = require('fs').readFileSync(process.argv[2], 'utf8');
for (const line of text.split('\n')) {
	const [, tag, encoded] = /^Tag=([^,]+),[^,]*,[^,]*,[^,]*,(.+)$/.exec(line) || [];
	if (encoded) {
		const h = hdr.decodeFromCompressedBase64(encoded, 64, false);
		console.log(JSON.stringify([tag, h.totalCount, h.getValueAtPercentile(50)]));
	}
}
JS
	my %theirs = map { my $line = decode_json($_); $line->[0] => "$line->[1] $line->[2]" } split /\n/,
	  qx(cd $dir && node decode.js "$helps->{dir}/latency.hlog" 2>&1);
	my %ours;
	for my $statement (@{ $helps->{run}{statements} })
	{
		(my $tag = $statement->{name}) =~ s/ /%20/g;
		for my $arm (qw(baseline candidate))
		{
			for my $time (qw(service response))
			{
				my $l = $statement->{arms}{$arm}{$time};
				$ours{"$arm:$time:$tag"} = sprintf '%d %.0f', $l->{count}, $l->{p50} * 1e9;
			}
		}
	}
	is_deeply(\%theirs, \%ours, 'hdr-histogram-js reads the counts and medians of run.json from latency.hlog');
}

done_testing();
