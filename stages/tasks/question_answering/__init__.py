"""Question answering: the answer to a question is a span of a context, or there is none."""

from stages.tasks.question_answering.task import QuestionAnswering

__all__ = ["QuestionAnswering"]
