"""The contestant's end of the conversation; `serve.mjs` is the same in JavaScript, and says what is said."""

import json
import sys
import time

SAMPLE_S = 0.001
WARM_UP_S = 0.4


def serve(start):
    """`start` gets the settings and gives `about`, `warning` and what it does for each type of job."""
    answers, sys.stdout = sys.stdout, sys.stderr
    sample = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "prepare" in request:
                sample, answer = prepare(start, request["prepare"], request["patienceMs"] / 1000)
            else:
                answer = {"samples": samples_for(request["run"] / 1000, sample)}
        except Exception as error:
            answer = {"unable": (str(error) or type(error).__name__).splitlines()[0]}
        print(json.dumps(answer), file=answers, flush=True)


def prepare(start, job, patience):
    about, warning, types = start(json.loads(sys.argv[1]))
    begin = types[job["type"]]
    if isinstance(begin, str):
        return None, {"about": about, "unable": begin}
    run, result = begin(job)

    def sample(calls):
        begin = time.perf_counter()
        for _ in range(calls):
            run()
        value = result()
        return value, (time.perf_counter() - begin) / calls

    check = []
    started = time.perf_counter()
    for i in range(job["checks"]):
        if i > 0 and time.perf_counter() - started >= patience:
            break
        value, seconds = sample(1)
        if value is not None:
            check.append(value)
    while time.perf_counter() - started < WARM_UP_S:
        _, seconds = sample(1)
    calls = max(1, round(SAMPLE_S / seconds))
    answer = {"about": about, "warning": warning, "check": check, "ms": 1000 * seconds}
    return lambda: sample(calls)[1], answer


def samples_for(seconds, sample):
    samples = []
    started = time.perf_counter()
    while not samples or time.perf_counter() - started < seconds:
        samples.append(1000 * sample())
    return samples
