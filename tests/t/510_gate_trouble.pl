# gate: whatever goes wrong, there is one clear message and the right exit code, no clone, process
# or half-written result is left, and what was measured is kept.
use strict;
use warnings FATAL => 'all';

use GateTest;
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => 'PGREHEARSE is not set' unless $ENV{PGREHEARSE};

my $node = staging('staging', "shared_preload_libraries = 'pg_stat_statements'\n");
my $index = 'CREATE INDEX item_kind ON item (kind);';
my $endless = '{rate: 40/s, time: 60s, clients: 4}';
my $dsn = connection($node);

# A refusal before anything is made: its exit code, and one message.
sub refused
{
	my ($what, $code, $message, $yaml, @options) = @_;
	my $r = gate($yaml, @options);
	is($r->{code}, $code, "$what: exit code $code");
	like($r->{err}, $message, "$what: the message") or diag $r->{err};
	is(() = $r->{err} =~ /^pgrehearse gate: /mg, 1, "$what: one message") or diag $r->{err};
	is($r->{out}, '', "$what: no TAP");
	is($r->{dir}, undef, "$what: no result");
	is(left_behind($node), '', "$what: no clone");
}

# Mistakes in the files and on the command line

refused('unknown key', 2, qr/gate\.yaml:\d+:\d+: unknown key "wrokload"; did you mean "workload"/,
	gate_file($node, wrokload => 'x'));
refused('bad unit', 2, qr/gate\.yaml:\d+:\d+: time: "2 fortnights" has an unknown unit/,
	gate_file($node, replay => '{time: 2 fortnights}'));
refused('no such workload', 2, qr/gate\.yaml:\d+:\d+: workload: there is no nowhere\.json/,
	gate_file($node, workload => 'nowhere.json'));
refused('no such candidate', 2, qr/gate\.yaml:\d+:\d+: up: there is no nowhere\.sql/,
	gate_file($node, candidate => '{up: nowhere.sql}'));
refused('no such metric', 2, qr/metric "latency\.p59"; did you mean "latency\.p50"/,
	gate_file($node, thresholds => '[{metric: latency.p59, max: 1ms}]'));
refused('no such statement', 2, qr/gate\.yaml:\d+: .*"by knid"; did you mean "by kind"/,
	gate_file($node, thresholds => '[{metric: latency.p50, scope: "name:by knid", max: 1ms}]'));
refused('no such report', 2, qr/gate\.yaml:\d+: reports: there is no report format "htlm"/,
	gate_file($node, reports => '[tap, htlm]'));
refused('candidate that writes rows', 2, qr/up\.sql:2: .*delete is not allowed in a candidate/,
	gate_file($node, up => "$index\nDELETE FROM item;"));
refused('candidate that is not SQL', 2, qr/up\.sql: line 1: syntax error/,
	gate_file($node, up => 'CREATE INDEX ON;'));
refused('no time at all', 2, qr/--time: a replay takes at least 1s/, gate_file($node), '-T', '0');
refused('an end before the time', 2, qr/--max-time is shorter than the 5 s/,
	gate_file($node), '-T', '5s', '--max-time', '2s');
refused('no rate at all', 2, qr/--rate/, gate_file($node), '-R', '0');
refused('two gate files', 2, qr/one gate file at a time/, gate_file($node), gate_file($node));
refused('no such option', 2, qr/unknown option --fast/, gate_file($node), '--fast');

(my $other = slurp_file(workload_file())) =~ s{workload/1}{workload/9};
refused('a workload of another version', 2, qr{format "pgrehearse-workload/9"; this version reads},
	gate_file($node, workload => spew(scratch('w.json'), $other)));
my $empty = decode_json(slurp_file(workload_file()));
$empty->{statements} = [];
refused('an empty workload', 2, qr/w\.json holds no statement/,
	gate_file($node, workload => spew(scratch('w.json'), encode_json($empty))));
refused('a workload that is not JSON', 2, qr/w\.json:1:\d+: not valid JSON/,
	gate_file($node, workload => spew(scratch('w.json'), "statements: []\n")));
refused('another schema', 3, qr/no statement of .* can be replayed .*"nothing" does not exist.*hint: is staging/s,
	gate_file($node, workload => workload_file([ 'a', 'SELECT * FROM nothing WHERE id = $1' ])));

mkdir(my $closed = scratch('closed')) or die;
chmod 0555, $closed;
refused('results in a closed directory', 3, qr/cannot create directory \S+: Permission denied\nhint: .*--results/,
	gate_file($node, results => "$closed/results"));
refused('results in a file', 3, qr/: Not a directory\nhint: .*--results/,
	gate_file($node, results => workload_file()));

# A staging database that cannot be had

refused('no server', 3, qr{cannot connect to shop at /nowhere:},
	gate_file($node, staging => '{dsn: "host=/nowhere dbname=shop"}'));
refused('no database', 3, qr/database "nothing" does not exist/,
	gate_file($node, staging => '{dsn: "' . connection($node, 'nothing') . '"}'));
refused('a wrong connection string', 2, qr/invalid connection option "prot"/,
	gate_file($node, staging => '{dsn: "host=x prot=1"}'));
$node->safe_psql('postgres', 'CREATE ROLE app LOGIN');
refused('no privilege', 3, qr/permission denied to create database\nhint: user app needs CREATEDB/,
	gate_file($node, staging => "{dsn: \"$dsn user=app\"}"));
{
	my ($in, $out) = ("SELECT 'ready';\n", '');
	local $ENV{PGAPPNAME} = 'nightly job';
	my $job = IPC::Run::start([ 'psql', '-XAt', '-d', $dsn ], '<', \$in, '>', \$out);
	$job->pump until $out =~ /ready/;
	delete $ENV{PGAPPNAME};
	refused('somebody works there', 3, qr/while others are connected to it: nightly job as \S+, process \d+/,
		gate_file($node));
	$in .= "\\q\n";
	$job->finish;
}

# A candidate that fails half-way

sub fails_in_candidate
{
	my ($what, $message, $up) = @_;
	my $r = gate(gate_file($node, up => $up));
	is($r->{code}, 3, "$what: exit code 3");
	like($r->{err}, $message, "$what: the message names statement and line") or diag $r->{err};
	is(left_behind($node), '', "$what: clones are dropped");
}
fails_in_candidate('the second statement', qr/up\.sql:3: create index: .*column "nothing" does not exist/,
	"$index\n\nCREATE INDEX ON item (nothing);");
fails_in_candidate('a unique index of duplicates',
	qr/up\.sql:2: create index: .*is duplicated.*it left the invalid index public\.u behind\nhint: .*drop public\.u/,
	"-- by kind\nCREATE UNIQUE INDEX CONCURRENTLY u ON item (kind);");

# Statements that fail

$node->safe_psql('shop', <<'SQL');
CREATE FUNCTION moody(n int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('application_name') = 'pgrehearse replay' THEN RAISE division_by_zero; END IF;
  RETURN n;
END $$;
SQL
my $r = gate(gate_file($node, up => $index, workload => workload_file(
	[ 'by id', 'SELECT price FROM item WHERE id = $1' ],
	[ 'moody', 'SELECT moody(price) FROM item WHERE id = $1' ])));
is($r->{code}, 4, 'a statement that fails on both arms: nothing is said about the change');
like($r->{err}, qr/errors\.rate.*SQLSTATE\s+22012/s, '... and the SQLSTATE is') or diag $r->{err};
like(slurp_file("$r->{dir}/report.md"), qr/22012/, '... also in the report');
is(left_behind($node), '', '... clones are dropped');

$r = gate(gate_file($node, workload => workload_file([ 'by id', 'SELECT price FROM item WHERE id = $1' ],
	[ 'reprice', 'UPDATE item SET price = 0 WHERE id = $1' ]),
	up => 'CREATE INDEX item_inverse ON item ((100 / price));'));
is($r->{code}, 1, 'a statement that only the candidate fails: exit code 1');
like($r->{out}, qr/^not ok \d+ - errors\.rate of all$/m, '... errors.rate is breached') or diag $r->{out};
like($r->{err}, qr/SQLSTATE\s+22012/, '... with the SQLSTATE');

$r = gate(gate_file($node, workload => workload_file([ 'nap', 'SELECT slowly(price) FROM item WHERE id = $1' ]),
	replay => '{rate: 300/s, time: 2s, clients: 2, drain_timeout: 100ms}'));
is($r->{code}, 4, 'a rate that neither arm can answer says nothing about the change, whichever answers less');
like((checks($r, 'errors.rate'))[0]{why}, qr/neither arm answers all requests at this rate, so lower it/, '... and that is said');

# kill -9 in every stage

my %stage = (
	'cloning' => [ qr/\] cloning/, $index ],
	'binding' => [ qr/\] binding/, $index ],
	'building the index' => [ qr/\] candidate: /, 'CREATE INDEX ON item (slowly(id));' ],
	'replaying' => [ undef, $index ]);

sub in_stage
{
	my ($name) = @_;
	my ($said, $up) = @{ $stage{$name} };
	my $yaml = gate_file($node, up => $up, replay => $endless);
	return gate_sending($yaml) if $name eq 'replaying';
	my $h = gate_until($yaml, $said);
	$name ne 'building the index' or wait_until(sub {
		$node->safe_psql('postgres', 'SELECT count(*) FROM pg_stat_activity WHERE query LIKE '
			  . "'CREATE INDEX ON%' AND state = 'active'") eq '1'
	}) or die 'no index is built';
	return $h;
}

for my $name (sort keys %stage)
{
	my $h = in_stage($name);
	$h->{ipc}->signal('KILL');
	$r = finish_gate($h);
	is($r->{killed}, 9, "killed while $name") or diag $r->{err};
	ok(wait_until(sub { !processes_of($h->{mark}) }), '... no process is left')
	  or diag join ' ', processes_of($h->{mark});
	ok(wait_until(sub {
		$node->safe_psql('postgres',
			"SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgrehearse%'") eq '0'
	}), '... and no session on the server');
	my @clones = split ' ', left_behind($node);
	my ($code, $out) = program('clone', 'list', '-d', connection($node, 'postgres'));
	is($code, 0, '... clone list works');
	is((() = $out =~ / (?:orphan|unmarked) /g), @clones, '... and shows all that is left') or diag $out;
	program('clone', 'drop', '--orphans', '-d', connection($node, 'postgres'));
	is(left_behind($node), '', '... clone drop --orphans leaves nothing');
	next unless $name eq 'replaying';
	my $results = results_of($h->{yaml});
	is(() = glob("$results/.*.partial"), 1, '... its results are only half-written');
	is(newest_result($h->{yaml}), undef, '... and do not pass for whole ones');
	program('gate', gate_file($node, results => $results), '-T', '1s');
	is(() = glob("$results/.*.partial"), 0, '... the next run removes them');
	is(() = glob("$results/*"), 1, '... and leaves its own');
}

# Signals in every stage; the second one changes nothing

my @signals = ([ INT => 130 ], [ TERM => 143 ]);
for my $name (sort keys %stage)
{
	my ($signal, $code) = @{ $signals[0] };
	@signals = reverse @signals;
	my $h = in_stage($name);
	$h->{ipc}->signal($signal);
	sleep 0.02;
	$h->{ipc}->signal($signal);
	$r = finish_gate($h);
	is($r->{code}, $code, "SIG$signal while $name: exit code $code") or diag $r->{err};
	is(left_behind($node), '', '... clones are dropped');
	ok(!processes_of($h->{mark}), '... no process is left');
	is(() = glob(results_of($h->{yaml}) . '/.*.partial'), 0, '... and no half-written result');
	next unless $name eq 'replaying';
	like($r->{run}{stopped_by}, qr/^signal \d+$/, '... the result says how it ended');
	cmp_ok($r->{run}{generator}{completed}, '>', 20, '... and has what was measured');
	ok(-s "$r->{dir}/samples.bin" && -s "$r->{dir}/report.html", '... samples and reports too');
	is($r->{run}{verdict}{outcome}, 'INCONCLUSIVE', '... without a verdict');
	unlike($r->{err}, qr/counters could not be read/, '... the counters were read') or diag $r->{err};
	my ($again) = program('judge', $r->{dir});
	is($again, 4, '... and judge says the same');
}
{
	my $h = gate_until(gate_file($node, up => $index, replay => $endless), qr/\] replaying/);
	$h->{ipc}->signal('INT');
	$r = finish_gate($h);
	is($r->{code}, 130, 'SIGINT before the first request') or diag $r->{err};
	is(left_behind($node), '', '... clones are dropped');
}

# The server stands still

{
	my $h = gate_sending(gate_file($node, up => $index, replay => '{rate: 40/s, time: 4s, clients: 4}',
			thresholds => '[{metric: response.max, max: 1s}]'));
	my ($postmaster) = split /\n/, slurp_file($node->data_dir . '/postmaster.pid');
	my @pids = ($postmaster, split ' ', `pgrep -P $postmaster`);
	kill 'STOP', @pids;
	sleep 2.1;
	kill 'CONT', @pids;
	$r = finish_gate($h);
	my ($check) = checks($r, 'response.max');
	cmp_ok($check->{candidate}, '>=', 2, 'a server frozen for two seconds shows in response.max')
	  or diag $r->{err};
	my @ops = samples($r);
	is((grep { $ops[$_]{op} != int($_ / 2) } 0 .. $#ops) + 0, 0,
		'... no op is lost from the schedule, on either arm');
	my ($stalled) = sort { $b->{done} - $b->{due} <=> $a->{done} - $a->{due} } @ops;
	my $thaw = $stalled->{due} + 2e9;
	is((grep { $_->{due} > $stalled->{due} && $_->{due} < $thaw && $_->{done} < $thaw - 5e8 } @ops) + 0, 0,
		'... and every op that was due then waited');
}

# The disk is full: for us the same as a limit on the size of files

{
	my $yaml = gate_file($node, up => $index, replay => '{rate: 200/s, time: 30s, clients: 4}');
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'bash', '-c', 'ulimit -f 20; exec "$0" gate "$1"', $ENV{PGREHEARSE}, $yaml ],
		'>', \$out, '2>', \$err);
	is($? >> 8, 3, 'no room for samples: exit code 3') or diag $err;
	like($err, qr/^pgrehearse gate: cannot write samples to \S+: File too large$/m, '... and says so');
	is(() = $err =~ /^pgrehearse gate: /mg, 1, '... once');
	is(left_behind($node), '', '... clones are dropped');
	my $result = newest_result($yaml);
	ok($result && -s "$result->{dir}/samples.bin" > 10000, '... the samples that fit are kept');
}

# The clones are asked to stay

$r = gate(gate_file($node, up => $index), '--keep', '-T', '1s');
passes($r, 'a gate that keeps its clones');
my @kept = split ' ', left_behind($node);
is(@kept, 2, '... leaves both');
my ($code, $out) = program('clone', 'list', '-d', connection($node, 'postgres'));
is(() = $out =~ / kept /g, 2, '... clone list shows them');
program('clone', 'drop', '--orphans', '-d', connection($node, 'postgres'));
is(left_behind($node), "@kept", '... they are no orphans');
($code) = program('clone', 'drop', @kept, '-d', connection($node, 'postgres'));
is(left_behind($node), '', '... clone drop drops them');

# A workload on the command line stands for the file's, which need not be there

$r = gate(gate_file($node, workload => 'nowhere.json', candidate => '{up: nowhere.sql}'), '-T', '1s',
	'--workload', workload_file(), '--candidate', spew(scratch('other.sql'), $index));
passes($r, 'files given as options replace those of the gate file');
is($r->{run}{changes}[0]{sql}, 'CREATE INDEX item_kind ON item (kind)', '... and are used');
$r = gate(gate_file($node, staging => '{lab: {fixture: nowhere}}', up => ''), '-T', '1s', '-d', $dsn,
	'--candidate', spew(scratch('nothing.sql'), "-- nothing\n"));
passes($r, 'so does a staging database, and a candidate without a statement');
is($r->{run}{candidate}{candidate_name}, 'unchanged', '... which is the unchanged one');

# Clones that somebody else makes

$node->safe_psql('postgres', "CREATE DATABASE $_ TEMPLATE shop") for 'one', 'two';
my $existing = gate_file($node, staging => undef, up => $index,
	thresholds => '[{metric: buffers.touched_per_call, scope: "name:by kind", max_ratio: 0.9}]',
	clone => '{driver: existing, baseline: "' . connection($node, 'one') . '", candidate: "'
	  . connection($node, 'two') . '"}');
refused('databases without the mark', 3, qr/is not marked as a clone.*nothing was changed\nhint: .*clone mark -d one/,
	$existing);
is($node->safe_psql('two', "SELECT count(*) FROM pg_indexes WHERE indexname = 'item_kind'"), '0',
	'... stay as they are');
program('clone', 'mark', '-d', connection($node, $_)) for 'one', 'two';
$r = gate($existing);
passes($r, 'marked ones are used, with counters');
is($node->safe_psql('two', "SELECT count(*) FROM pg_indexes WHERE indexname = 'item_kind'"), '1',
	'... and both are left in place');

my $host = $node->host;
my $port = $node->port;
my $name = 'copy_$PGREHEARSE_ARM';
my $by_script = sub {
	my ($create, $drop) = @_;
	spew(my $make = scratch('make'), "#!/bin/sh\n$create\n");
	spew(my $unmake = scratch('unmake'), "#!/bin/sh\n$drop\n");
	return gate_file($node, up => $index,
		thresholds => '[{metric: buffers.touched_per_call, scope: "name:by kind", max_ratio: 0.9}]',
		clone => "{driver: command, create: sh $make, drop: sh $unmake}");
};
my $createdb = "createdb -h $host -p $port -T shop $name && echo host=$host port=$port dbname=$name";
my $dropdb = "dropdb -h $host -p $port $name";
$r = gate($by_script->($createdb, $dropdb));
passes($r, 'clones made by a script, with counters');
my $copies = sub { $node->safe_psql('postgres', "SELECT count(*) FROM pg_database WHERE datname LIKE 'copy%'") };
is($copies->(), '0', '... are dropped by one');
refused('a script that fails', 3, qr/clone command "sh \S+" for the baseline.*no room/s,
	$by_script->('echo no room >&2; exit 3', 'true'));
refused('a script that gives staging away', 2, qr/printed the connection of staging itself/,
	$by_script->('echo "$PGREHEARSE_STAGING"', 'true'));
{
	my $h = gate_until($by_script->($createdb, $dropdb), qr/\] replaying/, '-T', '60s');
	$h->{ipc}->signal('TERM');
	$r = finish_gate($h);
	is($r->{code}, 143, 'SIGTERM with clones made by a script') or diag $r->{err};
	is($copies->(), '0', '... the script drops them');
}

# A server that dies

{
	my $h = gate_sending(gate_file($node, up => $index, replay => '{rate: 40/s, time: 6s, clients: 4}',
			thresholds => '[{metric: latency.p50, max: 10s}]'));
	$node->restart;
	$r = finish_gate($h);
	is($r->{code}, 4, 'a server that was restarted in mid-run: no verdict') or diag $r->{err};
	like($r->{err}, qr/were lost in mid-run and opened again/, '... and it says why');
	is(left_behind($node), '', '... clones are dropped all the same');

	$h = gate_sending(gate_file($node, up => $index, replay => $endless));
	$node->stop('immediate');
	$r = finish_gate($h);
	is($r->{code}, 3, 'a server that dies in mid-run: exit code 3') or diag $r->{err};
	like($r->{err}, qr/^pgrehearse gate: a server was lost in mid-run: /m, '... with the reason');
	cmp_ok($r->{run}{generator}{completed}, '>', 20, '... what was measured is kept');
	$node->start;
	my @left = split ' ', left_behind($node);
	is((grep { $r->{err} !~ /pgrehearse clone drop $_/ } @left) + 0, 0,
		'... clones that it kept are named with the command that drops them') or diag $r->{err};
	program('clone', 'drop', '--orphans', '-d', connection($node, 'postgres'));
	is(left_behind($node), '', '... and are orphans when it is back');
}
$node->stop;

# A server without statement counters, and one that cannot be written to

my $plain = staging('plain', "wal_level = replica\nmax_wal_senders = 2\n");
$r = gate(gate_file($plain, up => $index,
	thresholds => '[{metric: buffers.touched_per_call, max_ratio: 1.5}, {metric: errors.rate, max: 0.1%}]'));
is($r->{code}, 4, 'without pg_stat_statements a counter is inconclusive') or diag $r->{err};
like((checks($r, 'buffers.touched_per_call'))[0]{why}, qr/pg_stat_statements|not measured/, '... with the reason');
is((checks($r, 'errors.rate'))[0]{outcome}, 'PASS', '... the rest is judged');
is(left_behind($plain), '', '... clones are dropped');
$plain->stop;
$plain->append_conf('standby.signal', '');
$plain->start;
$r = gate(gate_file($plain, up => $index));
is($r->{code}, 3, 'a standby as staging: exit code 3');
like($r->{err}, qr/standby|recovery|read-only/, '... with the reason') or diag $r->{err};
$plain->stop;

# A lab of the gate's own goes with it, however it ends

mkdir(my $fixture = scratch('fixture')) or die;
spew("$fixture/010_item.sql", 'CREATE TABLE item AS SELECT n AS id, n % 500 AS kind, n AS price, '
	  . "'note ' || n AS note FROM generate_series(1, 5000) n; ALTER TABLE item ADD PRIMARY KEY (id);\n");
mkdir(my $slow_fixture = scratch('slow_fixture')) or die;
spew("$slow_fixture/010_wait.sql", "SELECT pg_sleep(60);\n");
my $labs = File::Temp::tempdir(CLEANUP => 1);
$ENV{PGREHEARSE_LAB} = "$labs/lab";
for ([ $slow_fixture, qr/010_wait/ ], [ $fixture, qr/\] replaying/ ])
{
	my ($dir, $said) = @$_;
	my $h = gate_until(gate_file(undef, staging => "{lab: {fixture: $dir}}", up => $index,
			replay => $endless), $said);
	sleep 0.2;
	$h->{ipc}->signal('KILL');
	finish_gate($h);
	ok(wait_until(sub { !processes_of($h->{mark}, "$labs/lab") }),
		'killed with a lab of its own: no process is left')
	  or diag join ' ', processes_of($h->{mark}, "$labs/lab");
	is_deeply([ glob "$labs/lab*" ], [], '... and no directory');
}
($code) = program('lab', 'start');
is($code, 0, 'a lab for two gates');
my @both = map {
	gate_until(gate_file(undef, staging => "{lab: {fixture: $fixture}}", up => $index), qr/\] staging/)
} 1 .. 2;
for (@both)
{
	$r = finish_gate($_);
	passes($r, 'two gates at the same time on one lab');
}
(undef, $out) = program('clone', 'list', '-h', "$labs/lab/run", '-U', 'postgres', '-p', lab_port());
is($out, "no clones\n", '... leave no clone');
program('lab', 'stop');

sub lab_port
{
	my (undef, $said) = program('lab', 'status');
	return $said =~ /-p (\d+)/ ? $1 : die $said;
}

done_testing();
