"""The official SDK, unchanged: the assistant as a model, the embedder as a model."""

import openai
import pytest


@pytest.fixture(scope="module")
def client(server):
    return openai.OpenAI(api_key=server.token(), base_url=f"{server.url}/v1", max_retries=0, timeout=30)


QUESTION = [{"role": "user", "content": "Which nucleofection program is best for HeLa?"}]


def test_models(client):
    models = [model.id for model in client.models.list()]
    assert models[0] == "labsync" and len(models) == 2
    assert client.models.retrieve("labsync").id == "labsync"


def test_chat_completion(client):
    reply = client.chat.completions.create(model="labsync", messages=QUESTION)
    assert reply.choices[0].finish_reason == "stop"
    assert "CN-114" in reply.choices[0].message.content
    assert reply.usage.total_tokens >= 0


def test_chat_completion_streamed(client):
    whole = client.chat.completions.create(model="labsync", messages=QUESTION).choices[0].message.content
    chunks = client.chat.completions.create(
        model="labsync", messages=QUESTION, stream=True, stream_options={"include_usage": True}
    )
    text, usage = "", None
    for chunk in chunks:
        usage = chunk.usage or usage
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
    assert text == whole and usage is not None


def test_embeddings(client):
    model = [model.id for model in client.models.list()][1]
    reply = client.embeddings.create(model=model, input=["hello world", "frozen at -80 °C"])
    assert [len(row.embedding) for row in reply.data] == [384, 384]
    assert abs(sum(value * value for value in reply.data[0].embedding) - 1) < 1e-3
    floats = client.embeddings.create(model=model, input="hello world", encoding_format="float")
    assert floats.data[0].embedding == pytest.approx(reply.data[0].embedding, abs=1e-5)


def test_responses(client):
    first = client.responses.create(model="labsync", input="When is the confocal serviced?")
    assert first.status == "completed" and "Confocal service visit" in first.output_text
    second = client.responses.create(model="labsync", input="and the AKTA?", previous_response_id=first.id)
    assert second.status == "completed" and second.output_text
    with client.responses.stream(model="labsync", input="When is the confocal serviced?") as stream:
        kinds = [event.type for event in stream]
        assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
        assert "Confocal service visit" in stream.get_final_response().output_text


def test_errors(client):
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="nope", messages=QUESTION)
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="labsync", messages=[])
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="bad").models.list()


def test_answers_follow_the_asker(server):
    question = [{"role": "user", "content": "How large is the reserve in next year's budget?"}]
    seen = {}
    for name in ["adaeze.okafor", "emma.novak"]:
        client = openai.OpenAI(api_key=server.token(name), base_url=f"{server.url}/v1", max_retries=0)
        seen[name] = client.chat.completions.create(model="labsync", messages=question).choices[0].message.content
    assert seen["adaeze.okafor"] != seen["emma.novak"]
    assert "found nothing" in seen["emma.novak"]
