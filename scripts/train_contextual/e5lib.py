import torch,numpy as np,json
from tokenizers import Tokenizer
from transformers import BertModel
def load(folder='e5hf',layers=None):
    m=BertModel.from_pretrained(folder,add_pooling_layer=False).eval()
    if layers is not None: m.encoder.layer=torch.nn.ModuleList([m.encoder.layer[i] for i in layers])
    return m,Tokenizer.from_file(folder+'/tokenizer.json')
def batch(tk,texts,n):
    e=[x.ids[:n-1]+([2] if len(x.ids)>n-1 else x.ids[n-1:n]) for x in tk.encode_batch(texts)]
    L=max(map(len,e)); ids=torch.full((len(e),L),1); mask=torch.zeros(len(e),L)
    for i,x in enumerate(e): ids[i,:len(x)]=torch.tensor(x); mask[i,:len(x)]=1
    return ids,mask
def pool(m,ids,mask):
    h=m(input_ids=ids,attention_mask=mask).last_hidden_state
    return torch.nn.functional.normalize((h*mask[...,None]).sum(1)/mask.sum(1,keepdim=True),dim=-1)
@torch.no_grad()
def encode(m,tk,texts,n=128,bs=64):
    texts=list(texts)
    order=np.argsort([len(t) for t in texts]); out=np.zeros((len(texts),m.config.hidden_size),np.float32)
    for s in range(0,len(order),bs):
        o=order[s:s+bs]; out[o]=pool(m,*batch(tk,[texts[i] for i in o],n)).float().numpy()
    return out
