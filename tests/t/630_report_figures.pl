# Every figure that a report shows is that of run.json, within the digits that it shows; and names
# that mean something to a format stay names. On a real run, read back by rules of this test's own.

use strict;
use warnings FATAL => 'all';
use utf8;

use Encode qw(decode_utf8);
use File::Basename qw(dirname);
use lib dirname(__FILE__);
use GateTest;
use JSON::PP;
use Test::More;

my $golden = dirname(dirname(__FILE__)) . '/golden/report';

my @names = ('by | kind # 1 <b>bold</b>', "not ok 2\n# re\tprice", 'по-русски `x` *y* {"a\\": 1}');
my $node = staging('staging', "shared_preload_libraries = 'pg_stat_statements'\n");
$node->safe_psql('shop', 'CREATE EXTENSION pg_stat_statements');
my $result = gate(gate_file($node,
	name => qq{"a | name # with <b> ::error::of everything"},
	workload => workload_file(
		[ $names[0], 'SELECT id, note FROM item WHERE kind = $1' ],
		[ $names[1], 'UPDATE item SET price = price + $1 WHERE id = $2' ],
		[ $names[2], 'SELECT price FROM item WHERE id = $1' ]),
	up => "CREATE INDEX item_price ON item (price);\nCREATE INDEX item_kind ON item (kind);\n",
	replay => '{rate: 60/s, time: 4s, clients: 4}',
	thresholds => join('', map { "\n  - {metric: $_}" }
		'latency.p50, scope: each, max_ratio: 3', 'buffers.touched_per_call, scope: each, max_ratio: 1.1',
		'wal.bytes_per_call, scope: each write, max_ratio: 1.05', 'index.size_bytes, max: 1GB', 'index.used, min: 1',
		'latency.p999, scope: all, max: 30s', 'table.hot_ratio, min_ratio: 0.5', 'errors.rate, max: 1%',
		'vacuum.seconds, max: 5min', 'index.build_seconds, max: 1min', 'replica.lag_bytes, max: 1MB',
		'coverage.time, min: 90%')));
my $run = $result->{run} or die "no run: $result->{err}";
my $dir = $result->{dir};
my @checks = @{ $run->{checks} };
my @statements = grep { !$_->{skip_reason} } @{ $run->{statements} };
is(@statements, 3, 'three statements were replayed') or diag($result->{err});
my %outcomes = map { $_->{outcome} => 1 } @checks;
is(join(' ', sort keys %outcomes), 'FAIL INCONCLUSIVE PASS', 'checks of every outcome') or diag($result->{out});

sub text { return decode_utf8(PostgreSQL::Test::Utils::slurp_file("$dir/$_[0]")) }

# The quantities of a text, as [value, half of the last digit]; a dash is undef.
my %factor = ('' => 1, 'ns' => 1e-9, 'µs' => 1e-6, 'ms' => 1e-3, 's' => 1, 'min' => 60, 'h' => 3600,
	'B' => 1, 'KiB' => 1024, 'MiB' => 1024**2, 'GiB' => 1024**3, 'k' => 1e3, 'M' => 1e6, '%' => 0.01,
	'×' => 1, '/s' => 1);
sub quantities
{
	my ($text) = @_;
	my @found;
	while ($text =~ m{(–)|([\d.]+)(e-\d+)?\s?(ns|µs|ms|min|KiB|MiB|GiB|/s|[shBkM%×])?(?![\w.])}g)
	{
		my ($none, $digits, $exponent, $unit) = ($1, $2, $3 // '', $4 // '');
		push @found, undef and next if $none;
		my $step = $digits =~ /\.(\d+)/ ? 10**-length $1 : 1;
		push @found, [ "$digits$exponent" * $factor{$unit}, $step * "1$exponent" * $factor{$unit} / 2 ];
	}
	return @found;
}

# Does the text show these figures, in this order, and no others?
sub shows
{
	my ($text, @want) = @_;
	my @got = quantities($text);
	return 0 unless @got == @want;
	for my $i (0 .. $#want)
	{
		return 0 if defined $want[$i] != defined $got[$i];
		next unless defined $want[$i];
		# Halves may go either way, and integers below ten thousand are shown as they are.
		return 0 if abs($got[$i][0] - $want[$i]) > $got[$i][1] * 1.0001 + 1e-12;
	}
	return 1;
}

my @wrong;
sub hold
{
	my ($where, $text, @want) = @_;
	push @wrong, "$where: \"$text\" is not " . join(' ', map { $_ // 'unknown' } @want) unless shows($text, @want);
}
sub all_hold
{
	my ($what) = @_;
	is_deeply(\@wrong, [], $what);
	@wrong = ();
}

# What is to be seen of a statement and of a check.
sub ratio
{
	my ($b, $c) = @_;
	return defined $b && defined $c && $b > 0 ? ($c / $b) : ();
}
sub pair
{
	my ($b, $c) = @_;
	return ($b, $c, ratio($b, $c));
}
sub touched
{
	my ($arm) = @_;
	my $work = $arm->{work};
	return undef unless $work->{calls};
	my $sum = 0;
	$sum += $work->{$_} // 0 for qw(shared_hit shared_read local_hit local_read);
	return $sum / $work->{calls};
}
sub per_arm
{
	my ($statement, $figure) = @_;
	return map { $figure->($statement->{arms}{$_}) } qw(baseline candidate);
}

# TAP.
my $tap = text('gate.tap');
my @points = split /^(?=(?:not )?ok )/m, $tap;
shift @points;
cmp_ok(scalar @points, '>=', scalar @checks, 'a test point per check, and perhaps one for the run');
my $same = 1;
for my $i (0 .. $#checks)
{
	my %shown = $points[$i] =~ /^  (limit|baseline|candidate|estimate|lower|upper): (\S+)$/mg;
	for (keys %shown)
	{
		my $want = $checks[$i]{$_};
		push @wrong, "$checks[$i]{id}: $_" if defined $want ? $shown{$_} eq 'null' || $shown{$_} != $want : $shown{$_} ne 'null';
	}
	push @wrong, "$checks[$i]{id}: outcome" if ($points[$i] =~ /^ok /) != ($checks[$i]{outcome} eq 'PASS');
}
all_hold('TAP');
my $prove = qx(prove --exec cat "$dir/gate.tap" 2>&1);
unlike($prove, qr/Parse errors/, 'prove reads the TAP, whatever the names') or diag($prove);
like($prove, qr/Tests: @{[scalar @points]} /, 'and counts its points');

# JUnit.
my $junit = text('junit.xml');
SKIP:
{
	skip 'xmllint is not installed', 1 if system('command -v xmllint >/dev/null') != 0;
	my $said = qx(xmllint --noout --schema "$golden/junit.xsd" "$dir/junit.xml" 2>&1);
	is($? >> 8, 0, 'junit.xml holds to the schema') or diag($said);
}
my %count = (failure => 'FAIL', error => 'INCONCLUSIVE');
my ($tests, $failures, $errors) = $junit =~ /tests="(\d+)" failures="(\d+)" errors="(\d+)"/;
is($tests, scalar @points, 'as many cases as test points');
is($failures, scalar(grep { $_->{outcome} eq 'FAIL' } @checks), 'its failures are what FAILs');
my ($out) = $junit =~ m{<system-out>(.*)</system-out>}s;
my @lines = grep { /metric=/ } split /\n/, $out;
for my $i (0 .. $#checks)
{
	my %shown = $lines[$i] =~ /(limit|baseline|candidate|estimate|lower|upper)=(\S+)/g;
	for (keys %shown)
	{
		my $want = $checks[$i]{$_};
		push @wrong, "$checks[$i]{id}: $_" if defined $want ? $shown{$_} eq 'null' || $shown{$_} != $want : $shown{$_} ne 'null';
	}
	push @wrong, "$checks[$i]{id}: outcome" unless $lines[$i] =~ /^$checks[$i]{outcome} /;
}
all_hold('JUnit');

# Markdown and the change record: cells of tables.
sub table_after
{
	my ($text, $head) = @_;
	my ($rows) = $text =~ /^\Q$head\E\n\|[-:| ]+\n((?:\|.*\n)*)/m;
	return map { my @cells = split /(?<!\\)\|/; shift @cells; [ map { s/^ +| +$//gr } @cells ] } split /\n/, $rows // '';
}
my %rank = (FAIL => 0, INCONCLUSIVE => 1, PASS => 2);
my @by_urgency = sort { $rank{ $a->{outcome} } <=> $rank{ $b->{outcome} } } @checks;
sub check_cells
{
	my ($where, $check, $outcome, $values) = @_;
	push @wrong, "$where: $check->{id} is not $outcome" unless $outcome =~ /$check->{outcome}/;
	my @want = defined $check->{baseline} ? @$check{qw(baseline candidate)} : ($values =~ /→/ ? (undef) : (), $check->{candidate});
	hold("$where $check->{id}", $values, @want);
}
for my $file ('report.md', 'change-record.md')
{
	my $text = text($file);
	my @rows = table_after($text, '| Statement | Time share | p50 | p95 | p99 | Blocks per call |');
	is(@rows, @statements, "$file has a row per statement");
	for my $i (0 .. $#rows)
	{
		my ($name, $share, $p50, $p95, $p99, $blocks) = @{ $rows[$i] };
		my $s = $statements[$i];
		hold("$file share", $share, $s->{share_time});
		hold("$file p50", $p50, pair(per_arm($s, sub { $_[0]{service}{p50} })));
		hold("$file p95", $p95, pair(per_arm($s, sub { $_[0]{service}{p95} })));
		hold("$file p99", $p99, pair(per_arm($s, sub { $_[0]{service}{p99} })));
		hold("$file blocks", $blocks, pair(per_arm($s, \&touched)));
	}
	@rows = table_after($text, '| Outcome | Check | Baseline → candidate | Estimate | Limit | Why |');
	is(@rows, @checks, "$file has a row per check");
	check_cells($file, $by_urgency[$_], @{ $rows[$_] }[0, 2]) for 0 .. $#rows;
	for (0 .. $#rows)
	{
		my $c = $by_urgency[$_];
		hold("$file limit of $c->{id}", $rows[$_][4], $c->{limit});
		my ($estimate) = quantities($rows[$_][3]);
		push @wrong, "$file estimate of $c->{id}" if defined $estimate != defined $c->{estimate}
		  || (defined $estimate && abs($estimate->[0] - $c->{estimate}) > $estimate->[1] * 1.0001 + 1e-12);
	}
	@rows = grep { @$_ } map { [@$_] } table_after($text, ($text =~ /^(\| Index \| Change \| Size .*)$/m)[0] // '-');
	my @made = grep { $_->{role} ne 'existing' } @{ $run->{indexes} };
	is(@rows, @made, "$file has a row per index of the change");
	hold("$file size of $made[$_]{name}", $rows[$_][2], map { $_->{exists} ? $_->{size_bytes} : undef } @{ $made[$_]{arms} }{qw(baseline candidate)}) for 0 .. $#rows;
	all_hold("figures of $file");
	unlike($text, qr/<b>|^::error/m, "$file: a name is neither markup nor a command");
}

# The page: what cells carry, and what they say.
my $page = text('report.html');
my ($body) = $page =~ m{<table id="t-statements".*?<tbody>\n(.*?)</tbody>}s;
my @rows = split m{(?<=</tr>)\n}, $body;
is(@rows, @statements, 'the page has a row per statement');
for my $i (0 .. $#rows)
{
	my $s = $statements[$i];
	my @cells = $rows[$i] =~ m{<td class="pair"(.*?)</td>}sg;
	my @want = ((map { my $q = $_; [ per_arm($s, sub { $_[0]{service}{$q} }) ] } qw(p50 p95 p99)),
		[ per_arm($s, \&touched) ],
		[ per_arm($s, sub { $_[0]{work}{calls} ? $_[0]{work}{wal_records} / $_[0]{work}{calls} : undef }) ],
		[ per_arm($s, sub { $_[0]{errors} + $_[0]{unfinished} }) ]);
	push @wrong, "row $i has " . @cells . ' pairs' unless @cells == @want;
	for my $k (0 .. $#cells)
	{
		my %data = $cells[$k] =~ /data-([bc])="([^"]*)"/g;
		push @wrong, "row $i cell $k data" if grep {
			my ($got, $want) = ($data{ (qw(b c))[$_] }, $want[$k][$_]);
			defined $got != defined $want || (defined $got && abs($got - $want) > 1e-9 * abs $want);
		} 0, 1;
		my $shown = $cells[$k] =~ s/^[^>]*>//r =~ s/<[^>]*>/ /gr;
		hold("row $i cell $k", $shown, pair(@{ $want[$k] }));
	}
}
($body) = $page =~ m{<table id="t-checks".*?<tbody>\n(.*?)</tbody>}s;
@rows = split m{(?<=</tr>)\n}, $body;
is(@rows, @checks, 'and a row per check');
for my $i (0 .. $#rows)
{
	my ($outcome) = $rows[$i] =~ /data-outcome="(\w+)"/;
	my ($values) = $rows[$i] =~ m{</th><td class="n"[^>]*>(.*?)</td>};
	check_cells('page', $by_urgency[$i], uc $outcome, $values =~ s/<[^>]*>//gr);
}
my %tile = $page =~ m{<dt>([^<]*)</dt><dd>([^<]*)</dd>}g;
hold('tile', $tile{'Schedule lag p99'}, $run->{generator}{lag_p99});
hold('tile', $tile{'Execution time covered'}, $run->{coverage}{coverage_time});
hold('tile', $tile{'Operations, both arms'}, $run->{generator}{completed});
hold('tile', $tile{'Machine busy'}, $run->{generator}{machine_busy});
all_hold('figures of the page');
is((() = $page =~ /<b>bold/g), 0, 'a name is no markup there');

# The other formats take the names, too.
SKIP:
{
	skip 'promtool is not installed', 1 if system('command -v promtool >/dev/null') != 0;
	my $said = qx(promtool check metrics < "$dir/metrics.txt" 2>&1);
	is($said, '', 'promtool has nothing to say about the metrics');
}
my @tags = text('latency.hlog') =~ /^(.*HISTFAAA\S+)$/mg;
is(scalar(grep { /^Tag=[^,\s]+,[\d.]+,[\d.]+,[\d.]+,HISTFAAA\S+$/ } @tags), 4 * @statements, 'tags of the log hold no comma and no space');
is((grep { !/^::(?:error|warning|notice)\b/ } split /\n/, text('annotations.txt')), 0, 'annotations are one line each');

done_testing();
