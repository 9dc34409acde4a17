"""LangChain's ChatOpenAI and OpenAIEmbeddings against `siren serve`."""

import asyncio

import openai
from asserts import PLACES, QUESTION, TRUTH, base, holds, raised
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI, OpenAIEmbeddings


def model(place, **settings):
    return ChatOpenAI(base_url=base(place), api_key="none", model="siren", max_retries=0, **settings)


chat = model("whole")
answer = chat.invoke(QUESTION)
holds("invoke", TRUTH in answer.content and answer.response_metadata["finish_reason"] == "stop", answer)
holds("invoke: usage", answer.usage_metadata["total_tokens"] > 0, answer.usage_metadata)
# LangChain drops fields that it does not know: the marks in the text are what stays of the sources.
holds("invoke: marks", "[1]" in answer.content, answer)

pieces = list(chat.stream(QUESTION))
holds("stream", TRUTH in "".join(piece.content for piece in pieces) and len(pieces) > 1, pieces)
counted = None
for piece in model("whole", stream_usage=True).stream(QUESTION):
    counted = piece.usage_metadata or counted
holds("stream with usage", counted and counted["output_tokens"] > 0, counted)

talk = [
    SystemMessage("짧게 답하세요."),
    HumanMessage(QUESTION),
    AIMessage(f"{TRUTH}에 마쳤습니다. [1]"),
    HumanMessage("케이뱅크의 그 전환은 무엇을 바꿨나요?"),
]
holds("multi-turn", "케이뱅크" in chat.invoke(talk).content)

prompt = ChatPromptTemplate.from_messages([("system", "You help."), ("user", "{question}")])
chain = prompt | chat | StrOutputParser()
holds("chain", TRUTH in chain.invoke({"question": QUESTION}))
both = chain.batch([{"question": QUESTION}, {"question": "화성 이주 우주선의 발사 예정일이 언제인가요?"}])
holds("batch", TRUTH in both[0] and "찾지 못했습니다" in both[1], both)
holds("async", TRUTH in asyncio.run(chat.ainvoke(QUESTION)).content)

raised("400 is BadRequestError", openai.BadRequestError, lambda: chat.invoke(" "), code="empty_question")
raised("503 is InternalServerError", openai.InternalServerError, lambda: model("unready").invoke(QUESTION))

stream = model("stalled").stream(QUESTION)
next(stream)
raised("429 is RateLimitError", openai.RateLimitError, lambda: model("stalled").invoke(QUESTION))
stream.close()

if PLACES["embeddings"]:
    # Its own cutting by tokens would send token numbers of a model that is not there.
    embeddings = OpenAIEmbeddings(
        base_url=base("whole"), api_key="none", model="siren-embedding", check_embedding_ctx_length=False
    )
    vectors = embeddings.embed_documents(["클라우드 전환", "점심"])
    query = embeddings.embed_query("cloud migration")
    dot = lambda a, b: sum(x * y for x, y in zip(a, b))
    holds("embeddings", dot(query, vectors[0]) > dot(query, vectors[1]), len(vectors))
