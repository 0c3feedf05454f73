# The HTML report in a real browser: it is whole without a network, its script runs without errors,
# sorting, search and unfolding work, charts have their series, the figures are those of run.json,
# hostile texts stay texts, and a run of thousands of statements lays out fifty rows.

use strict;
use warnings FATAL => 'all';

use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Files;
use JSON::PP;
use Test::More;

my $program = $ENV{PGREHEARSE} or die 'PGREHEARSE names the program to test';
my $golden = dirname(dirname(__FILE__)) . '/golden/report/run.json';
my ($chromium) = grep { -x } map { ("$_/chromium", "$_/chromium-browser") } split /:/, $ENV{PATH};
plan skip_all => 'chromium is not installed' unless $chromium;

my $dir = tempdir(CLEANUP => 1);
my $json = JSON::PP->new->utf8->canonical;

sub page_of
{
	my ($record, $name) = @_;
	spew("$dir/$name.json", ref $record ? $json->encode($record) : $record);
	system($program, 'report', "$dir/$name.json", '--format', 'html', '-o', "$dir/$name.html") == 0
	  or die "no page for $name";
	return slurp("$dir/$name.html");
}

# What a script that runs after the page's own finds, and what the console said meanwhile.
sub in_browser
{
	my ($page, $script) = @_;
	my $probe = <<"END";
<script>addEventListener("load", () => setTimeout(async () => {
const until = async condition => {
	for (let i = 0; i < 500 && !condition(); i++)
		await new Promise(done => setTimeout(done, 10));
};
let found;
await until(() => document.querySelectorAll(".chart canvas").length === 4 || typeof uPlot === "undefined");
try { found = await (async () => { $script })(); } catch (error) { found = {error: String(error)}; }
const element = document.createElement("pre");
element.id = "found";
element.textContent = btoa(unescape(encodeURIComponent(JSON.stringify(found))));
document.body.replaceChildren(element);
}, 0));</script></body>
END
	$page =~ s{</body>\s*</html>\s*\z}{$probe</html>} or die 'the page has no end';
	spew("$dir/probe.html", $page);
	my $dom = qx("$chromium" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \\
		--user-data-dir="$dir/profile" --proxy-server=127.0.0.1:9 --window-size=1280,900 \\
		--virtual-time-budget=10000 --enable-logging=stderr --dump-dom "file://$dir/probe.html" 2>"$dir/log");
	my ($text) = $dom =~ m{<pre id="found">([^<]+)</pre>} or die "no answer:\n" . slurp("$dir/log");
	require MIME::Base64;
	my @console = grep { /CONSOLE/ } split /\n/, slurp("$dir/log");
	return ($json->decode(MIME::Base64::decode_base64($text)), \@console);
}

my $record = $json->decode(slurp($golden));
my $page = page_of($record, 'example');
my @replayed = grep { !$_->{skip_reason} } @{ $record->{statements} };

unlike($page, qr/(?:src|href)\s*=\s*["']?(?:https?:)?\/\//i, 'the page refers to nothing outside');
unlike($page, qr/\{\{[a-z_]+\}\}/, 'nothing is left of the template');

my ($found, $console) = in_browser($page, <<'END');
	const names = () => [...document.querySelectorAll("#t-statements > tbody:not([hidden]) > tr:not(.detail) .open")]
		.map(button => button.textContent.trim());
	const cells = row => [...row.cells].slice(2, 5).map(cell => [+cell.dataset.b, +cell.dataset.c]);
	const answer = {
		word: document.querySelector(".word").textContent,
		title: document.title,
		requests: performance.getEntriesByType("resource").length,
		charts: typeof uPlot === "undefined" ? null : [...document.querySelectorAll(".chart canvas")]
			.map(canvas => canvas.width > 100 && canvas.height > 100),
		series: document.querySelectorAll("#chart-distribution .u-series").length,
		names: names(),
		figures: [...document.querySelectorAll("#t-statements > tbody > tr")].map(cells),
		data: JSON.parse(document.querySelector("#data").textContent),
		overflow: document.documentElement.scrollWidth > innerWidth,
	};
	document.querySelectorAll("#t-statements thead button")[4].click();
	answer.sorted = names();
	const search = document.querySelector("[data-for=t-statements] input");
	search.value = "STOCK";
	search.dispatchEvent(new Event("input"));
	answer.searched = names();
	document.querySelector("#t-statements .open").click();
	await until(() => document.querySelector("#t-statements tr.detail"));
	answer.detail = document.querySelector("#t-statements tr.detail pre").textContent;
	[...document.querySelectorAll("[data-for=t-checks] button")].find(b => b.textContent === "fail").click();
	answer.failing = document.querySelectorAll("#t-checks > tbody:not([hidden]) > tr").length;
	return answer;
END
is_deeply($console, [], 'the console stays silent') or diag(join "\n", @$console);
is($found->{requests}, 0, 'the page requests nothing');
is($found->{word}, $record->{verdict}{outcome}, 'the verdict is the word in the banner');
is_deeply($found->{names}, [ map { $_->{name} } @replayed ], 'statements stand in the order of the run');
is_deeply(
	$found->{figures},
	[ map {
			my $arms = $_->{arms};
			[ map { my $q = $_; [ map { 0 + $arms->{$_}{service}{$q} } qw(baseline candidate) ] } qw(p50 p95 p99) ]
		} @replayed ],
	'their latencies are those of run.json');
for my $arm (qw(baseline candidate))
{
	for my $column (qw(ok p50 p99 lag_p99 lag_max))
	{
		is_deeply(
			[ map { 0 + $_ } @{ $found->{data}{slices}{$arm}{$column} } ],
			[ map { 0 + $_->{$column} } @{ $record->{slices}{$arm} } ],
			"the chart's $column of the $arm is that of run.json");
	}
}
SKIP:
{
	skip 'the page was built without its chart library', 2 unless $found->{charts};
	is_deeply($found->{charts}, [ (JSON::PP::true) x 4 ], 'four charts are drawn');
	is($found->{series}, 3, 'the distribution has both arms');
}
# All statements together.
my %sum = map { my $arm = $_;
	($arm => [ map { my $l = $_->{arms}{$arm}{service}; [ $l->{count}, $l->{count} * $l->{mean} ] } @replayed ]) } qw(baseline candidate);
my ($average) = $page =~ m{<th scope="row">Average</th><td class="pair"([^>]*)>};
my %shown = $average =~ /data-([bc])="([^"]+)"/g;
for (['b', 'baseline'], ['c', 'candidate'])
{
	my ($calls, $seconds) = (0, 0);
	$calls += $_->[0], $seconds += $_->[1] for @{ $sum{ $_->[1] } };
	cmp_ok(abs($shown{ $_->[0] } / ($seconds / $calls) - 1), '<', 1e-9, "the average of the $_->[1] is that of all its calls");
}
like($page, qr{<th scope="row">Cache hit ratio</th>}, 'and the cache hit ratio stands beside it');
ok(!$found->{overflow}, 'the page does not scroll sideways');
my %p99 = map { $_->{name} => $_->{arms}{candidate}{service}{p99} / $_->{arms}{baseline}{service}{p99} } @replayed;
is($p99{ $found->{sorted}[0] }, (sort { $b <=> $a } values %p99)[0], 'a click on p99 puts the worst ratio on top');
is_deeply([ sort @{ $found->{searched} } ], [ sort grep { /stock/i } keys %p99 ], 'search finds names in any case');
ok((grep { $_->{text} eq $found->{detail} } @replayed), 'a name unfolds the text of its statement');
is($found->{failing}, scalar grep({ $_->{outcome} eq 'FAIL' } @{ $record->{checks} }), 'checks filter by outcome');

# Texts that try to get out.
my @hostile = (
	'</script><script>window.broken = 1</script><img src=x onerror="window.broken = 1">',
	"\x{2028}<!--<script>\x{2029}]]>&lt;\x{202e}" . chr(7),
	"<b>" . 'x' x 100_000,
);
my $bad = $json->decode($json->encode($record));
for my $i (0 .. $#{ $bad->{statements} })
{
	$bad->{statements}[$i]{$_} = $hostile[ $i % @hostile ] for qw(name text);
}
$bad->{checks}[$_]{why} = $hostile[ $_ % @hostile ] for 0 .. $#{ $bad->{checks} };
($found, $console) = in_browser(page_of($bad, 'hostile'), <<'END');
	document.querySelectorAll("#t-statements .open").forEach(button => button.click());
	await until(() => document.querySelectorAll("#t-statements tr.detail").length === document.querySelectorAll("#t-statements .open").length);
	return {
		broken: window.broken || 0,
		images: document.images.length,
		text: document.querySelector("#t-statements tr.detail pre").textContent,
		rows: document.querySelectorAll("#t-statements tr.detail").length,
	};
END
is_deeply($console, [], 'the console stays silent about hostile texts') or diag(join "\n", map { substr $_, 0, 300 } @$console);
is($found->{broken}, 0, 'no text of a statement runs');
is($found->{images}, 0, 'and none becomes markup');
is($found->{text}, $hostile[0], 'it is shown as it is');
is($found->{rows}, scalar @replayed, 'every statement unfolds');

# Thousands of statements.
my @forms = map {
	my $form = $json->decode($json->encode($_));
	$form->{name} = 'NAME';
	delete $form->{arms}{$_}{service}{histogram} for keys %{ $form->{arms} };
	delete $form->{arms}{$_}{response}{histogram} for keys %{ $form->{arms} };
	$json->encode($form)
} @replayed;
my @many = map { $forms[ $_ % @forms ] =~ s/"NAME"/"statement $_"/r } 1 .. 5000;
my $big = $json->encode({ %$record, replayed => 5000, statements => [] });
$big =~ s/"statements":\[\]/'"statements":[' . join(',', @many) . ']'/e or die;
($found, $console) = in_browser(page_of($big, 'big'), <<'END');
	const visible = () => document.querySelectorAll("#t-statements > tbody:not([hidden]) > tr").length;
	const loaded = performance.timing.loadEventStart - performance.timing.navigationStart;
	const answer = {loaded, first: visible()};
	const search = document.querySelector("[data-for=t-statements] input");
	search.value = "statement 4999";
	search.dispatchEvent(new Event("input"));
	await until(() => visible() === 1);
	answer.searched = visible();
	document.querySelector("#t-statements .open").click();
	await until(() => document.querySelector("#t-statements tr.detail"));
	answer.detail = document.querySelector("#t-statements tr.detail pre").textContent;
	return answer;
END
is_deeply($console, [], 'the console stays silent about 5,000 statements');
is($found->{first}, 50, 'fifty of 5,000 statements are laid out at first');
is($found->{searched}, 1, 'search reaches all of them');
is($found->{detail}, $replayed[4999 % @replayed]{text}, 'and the text of each');

# How long they take, against the page of six statements: all of them are in it, and yet the
# browser has little to read, which its size tells for certain. Times are the best of three, by
# turns, with a wide margin: the machine has other things to do.
my $wait = 'return {loaded: performance.timing.loadEventStart - performance.timing.navigationStart}';
my $big_page = page_of($big, 'big');
my %best;
for my $turn (1 .. 3)
{
	for (['six', $page], ['many', $big_page])
	{
		my ($name, $html) = @$_;
		my ($answer) = in_browser($html, $wait);
		$best{$name} = $answer->{loaded} if !defined $best{$name} || $answer->{loaded} < $best{$name};
	}
}
diag("loaded after $best{many} ms with 5,000 statements, $best{six} ms with six");
cmp_ok(length $big_page, '<', 2_000_000, 'the page of 5,000 statements is small');
cmp_ok($best{many}, '<', 8 * $best{six} + 500, 'and does not open much slower than that of six');

done_testing();
