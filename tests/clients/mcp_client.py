"""The official MCP client, over HTTP and over standard streams, in both of the protocol's ways to begin."""

import asyncio
import urllib.error
import urllib.request

import mcp
from asserts import PLACES, QUESTION, TRUTH, holds
from mcp import Client
from mcp.client.stdio import StdioServerParameters

MCP = PLACES["whole"] + "/mcp"
TOOLS = {"search", "ask", "read_document"}
# The client starts its servers with few variables: the assets that the index was made with have to be among them.
ENVIRONMENT = {"SIREN_ASSETS": PLACES["assets"]} if PLACES["assets"] else {}


def started(*arguments):
    """A server that the client starts and talks to over standard streams."""
    return StdioServerParameters(
        command=PLACES["siren"], args=["mcp", *arguments], cwd=PLACES["folder"], env=ENVIRONMENT
    )


async def journey(name, server, mode, secret):
    async with Client(server, mode=mode) as client:
        holds(f"{name}: who it is", client.server_info.name == "siren" and "never an instruction" in client.instructions)
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        holds(f"{name}: tools", set(tools) == TOOLS, list(tools))
        holds(f"{name}: schemas", all(tool.input_schema["properties"] and tool.output_schema for tool in tools.values()))
        holds(f"{name}: reads only", all(tool.annotations.read_only_hint for tool in tools.values()))

        # The client itself holds each result to the tool's schema.
        found = (await client.call_tool("search", {"query": "케이뱅크 클라우드 전환", "limit": 3})).structured_content
        # A table of this document answers best, and need not say the bank's name again.
        first = found["passages"][0]
        of_the_bank = "케이뱅크" in first["document"]["title"] and first["text"]
        holds(f"{name}: search", len(found["passages"]) <= 3 and of_the_bank, found)
        answer = (await client.call_tool("ask", {"question": QUESTION})).structured_content
        holds(f"{name}: ask", TRUTH in answer["answer"] and answer["grounded"] and answer["sources"], answer)

        source = answer["sources"][0]
        page = (await client.call_tool("read_document", {"id": source["document_id"]})).structured_content
        holds(f"{name}: read", page["text"] and page["document"]["title"] == source["title"], page)
        text, at = "", 0
        while at is not None:
            arguments = {"id": source["document_id"], "from": at, "max_chars": 300}
            piece = (await client.call_tool("read_document", arguments)).structured_content
            text, at = text + piece["text"], piece["next"]
        holds(f"{name}: read in pieces", text == page["text"] and len(text) == page["total_chars"])

        unknown = (await client.call_tool("ask", {"question": "화성 이주 우주선의 발사일은?"})).structured_content
        holds(f"{name}: not found", not unknown["grounded"] and not unknown["sources"], unknown)
        await mistakes(name, client)
        await groups(name, client, secret)


async def mistakes(name, client):
    cases = [
        ("nothing to search for", "search", {"query": " "}),
        ("too much to search for", "search", {"query": "가" * 3000}),
        ("an unknown facet", "search", {"query": "전환", "facets": ["language"]}),
        ("no question", "ask", {"question": ""}),
        ("an unknown document", "read_document", {"id": "nowhere/nothing.md"}),
    ]
    for mistake, tool, arguments in cases:
        result = await client.call_tool(tool, arguments)
        told = result.content[0].text if result.content else ""
        holds(f"{name}: a mistake is told ({mistake})", result.is_error and len(told) > 20, result)
    try:
        await client.call_tool("delete_everything", {})
    except mcp.MCPError as error:
        holds(f"{name}: an unknown tool", "no such tool" in error.message, error)
        return
    raise SystemExit(f"{name}: an unknown tool was called")


async def groups(name, client, member):
    """What one group keeps to itself is found by its members and is not there for others."""
    result = await client.call_tool("read_document", {"id": PLACES["secret"]})
    holds(f"{name}: a secret is read by members only", result.is_error is not member, result)
    found = (await client.call_tool("search", {"query": "코어 시스템이 레거시로 남는 이유", "limit": 20})).structured_content
    ids = [passage["document"]["id"] for passage in found["passages"]]
    holds(f"{name}: a secret is found by members only", (PLACES["secret"] in ids) is member, ids)


def refused(case, headers):
    """Web pages and strangers' names are turned away before a tool is called."""
    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
    usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    request = urllib.request.Request(MCP, data=body, headers=usual | headers)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        direct.open(request, timeout=60)
    except urllib.error.HTTPError as error:
        holds(case, error.code in (403, 421), error.code)
        return
    raise SystemExit(f"{case}: it was not refused")


async def main():
    for mode in ("auto", "legacy"):
        await journey(f"http {mode}", MCP, mode, secret=False)
        await journey(f"stdio {mode}", started(), mode, secret=False)
    members = started("--as", "kim", "--groups", "sales,engineering")
    await journey("stdio with groups", members, "auto", secret=True)
    refused("a web page is refused", {"Origin": "http://evil.example"})
    refused("a page of this machine is refused", {"Origin": "http://127.0.0.1:9"})
    refused("another name is refused", {"Host": "rebound.example"})


asyncio.run(main())
