"""Words about the topic "system": worker processes, the command line, the doctor."""

MESSAGES: dict[str, str] = {
    "job.silent": "the worker has said nothing for {seconds} s;"
    " it may be busy with one long step, or hang",
    "job.no_answer": "the worker did not answer within {seconds} s and was ended; try again",
}
